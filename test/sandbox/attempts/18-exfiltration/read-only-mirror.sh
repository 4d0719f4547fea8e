# Writes to a mirror that is open for reading.
#: request blocked POST read.allowed.example/acme/simple/upload?$ID
#: says denied
curl -sS -m 20 -X POST --data-binary @/etc/hostname "http://read.allowed.example:$PORT_HTTP/acme/simple/upload?$ID" || true
