# The same with SOCKS.
#: refuse not-listed $ID.denied.example:80
curl -sS -m 20 -x socks5h://neighbour:secret@198.19.255.1:1080 "http://$ID.denied.example/"
