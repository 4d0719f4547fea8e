# Asks for no proxy: there is nothing to ignore.
#: refuse not-listed $ID.denied.example:80
HTTP_PROXY=http://198.19.255.1:3128 curl -sS -m 20 --noproxy '*' "http://$ID.denied.example/"
