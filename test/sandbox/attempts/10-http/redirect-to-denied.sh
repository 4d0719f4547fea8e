# An allowed host that sends elsewhere.
#: request allowed GET web.allowed.example/to-denied-$ID
#: refuse not-listed redirected.denied.example:80
curl -sS -L -m 20 "http://web.allowed.example:$PORT_HTTP/to-denied-$ID"
