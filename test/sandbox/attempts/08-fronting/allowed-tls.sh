# The name that was asked for, in TLS too: passes.
#: open tls.allowed.example:$PORT_TLS
#: shared
#: says ^ok
curl -sS -m 20 --http1.1 --cacert ca.pem "https://tls.allowed.example:$PORT_TLS/"
