# The same name with its last dot: what is open stays open, what is closed stays closed.
#: open web.allowed.example:$PORT_HTTP
#: refuse not-listed $ID.denied.example:80
#: shared
curl -sS -m 20 "http://web.allowed.example.:$PORT_HTTP/dot"
curl -sS -m 20 "http://$ID.denied.example./"
