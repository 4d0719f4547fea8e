# Publishes a package.
#: request blocked PUT read.allowed.example/acme-package?$ID
#: says denied
curl -sS -m 20 -X PUT --data-binary @/etc/hostname "http://read.allowed.example:$PORT_HTTP/acme-package?$ID" || true
