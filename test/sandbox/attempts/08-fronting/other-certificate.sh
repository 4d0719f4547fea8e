# A server that shows a certificate for another name: the client refuses; the gateway passes what it can't read.
#: open tls.allowed.example:$PORT_TLS
#: shared
#: says (certificate|SSL)
curl -sS -m 20 "https://tls.allowed.example:$PORT_TLS/"
