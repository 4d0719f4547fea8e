# NO_PROXY covers all.
#: refuse not-listed $ID.denied.example:80
export NO_PROXY='*,0.0.0.0/0,denied.example' http_proxy=http://198.19.255.1:3128
curl -sS -m 20 "http://$ID.denied.example/"
