# Looks up an allowed name, shows another in TLS.
#: cut name-mismatch tls.allowed.example:$PORT_TLS
#: shared
#: not ^ok
curl -sS -m 20 -k --connect-to "$ID.denied.example:443:tls.allowed.example:$PORT_TLS" "https://$ID.denied.example/"
