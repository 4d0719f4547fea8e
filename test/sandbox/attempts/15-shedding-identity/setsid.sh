# A session of its own.
#: refuse not-listed $ID.denied.example:80
setsid curl -sS -m 5 "http://$ID.denied.example/"
