# One odd object, written and read as a way to talk.
#: request blocked PUT read.allowed.example/acme/letterbox-$ID
#: request allowed GET read.allowed.example/acme/letterbox-$ID
curl -sS -m 20 -T /etc/hostname "http://read.allowed.example:$PORT_HTTP/acme/letterbox-$ID"
curl -sS -m 20 "http://read.allowed.example:$PORT_HTTP/acme/letterbox-$ID"
