# CONNECT to what is open and to what is not.
#: refuse not-listed $ID.denied.example:443
#: says outside: GET /through
curl -sS -m 20 -p -x http://198.19.255.1:3128 "http://web.allowed.example:$PORT_HTTP/through"
curl -sS -m 20 -p -x http://198.19.255.1:3128 "https://$ID.denied.example/"
