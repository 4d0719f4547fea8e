# docker build
#: in quiet
#: skip no daemon is reachable from inside
true
