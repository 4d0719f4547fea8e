# apt install
#: in quiet
#: skip needs root inside
true
