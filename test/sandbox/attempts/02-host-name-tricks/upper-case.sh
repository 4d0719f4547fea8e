# Names have no case.
#: dns allowed A web.allowed.example
#: refuse not-listed $ID.denied.example:80
#: says outside: GET /case
#: shared
curl -sS -m 20 "http://WEB.Allowed.EXAMPLE:$PORT_HTTP/case"
curl -sS -m 20 "http://$ID.DENIED.example/"
