# HTTP/2 without TLS where requests are decided by path: it can't be looked into, so it is refused.
#: cut protocol|path|method read.allowed.example:$PORT_HTTP
#: shared
#: not outside
curl -sS -m 20 --http2-prior-knowledge "http://read.allowed.example:$PORT_HTTP/acme/x"
