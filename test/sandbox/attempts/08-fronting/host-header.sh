# An allowed name, and another in the Host header.
#: request blocked GET web.allowed.example/front-$ID
#: says denied
curl -sS -m 20 -H "Host: $ID.denied.example" "http://web.allowed.example:$PORT_HTTP/front-$ID"
