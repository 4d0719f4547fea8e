# cargo install
#: in quiet
#: skip no registry of cargo is served here; its requests are those of HTTPS to an allowed host
true
