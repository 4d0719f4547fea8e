# A path that is open, read; and the same written to.
#: request allowed GET read.allowed.example/acme/a-$ID
#: request blocked POST read.allowed.example/acme/b-$ID
#: says outside: GET /acme
#: says denied
curl -sS -m 20 "http://read.allowed.example:$PORT_HTTP/acme/a-$ID"
curl -sS -m 20 -d x "http://read.allowed.example:$PORT_HTTP/acme/b-$ID"
