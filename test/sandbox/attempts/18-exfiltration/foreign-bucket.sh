# Another bucket on an allowed host.
#: request blocked PUT read.allowed.example/other-bucket/secrets.tar?$ID
#: says denied
curl -sS -m 20 -X PUT --data-binary @/etc/hostname "http://read.allowed.example:$PORT_HTTP/other-bucket/secrets.tar?$ID" || true
