# Data in the versions of packages that are asked for: the requests are kept as they were.
#: request allowed GET web.allowed.example/tiny/c2VjcmV0-$ID
curl -sS -m 20 -o /dev/null "http://web.allowed.example:$PORT_HTTP/tiny/c2VjcmV0-$ID"
