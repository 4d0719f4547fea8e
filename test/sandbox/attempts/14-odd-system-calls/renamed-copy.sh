# A copy by another name.
#: refuse not-listed $ID.denied.example:80
cp /usr/bin/curl /tmp/node && exec /tmp/node -sS -m 20 "http://$ID.denied.example/"
