# Wipes the environment.
#: refuse not-listed $ID.denied.example:80
exec env -i /usr/bin/curl -sS -m 20 "http://$ID.denied.example/"
