# curl strips it; the proxy must not be led by it.
#: refuse not-listed $ID.denied.example:80
#: says denied
curl -sS -m 20 -x http://198.19.255.1:3128 "http://web.allowed.example@$ID.denied.example/"
