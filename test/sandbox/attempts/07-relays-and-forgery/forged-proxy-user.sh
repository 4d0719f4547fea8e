# Another call's name as proxy user, in headers and in the environment: the socket says who it is.
#: refuse not-listed $ID.denied.example:80
#: says denied
export VIGILES_CALL=neighbour TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
curl -sS -m 20 -x http://neighbour:secret@198.19.255.1:3128 -H 'X-Vigiles-Call: neighbour' -H "traceparent: $TRACEPARENT" "http://$ID.denied.example/"
