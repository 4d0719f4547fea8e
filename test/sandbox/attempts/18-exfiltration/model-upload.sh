# Uploads a file where a model is open.
#: request blocked POST read.allowed.example/v1/files?$ID
#: says denied
curl -sS -m 20 -X POST --data-binary @/etc/hostname "http://read.allowed.example:$PORT_HTTP/v1/files?$ID" || true
