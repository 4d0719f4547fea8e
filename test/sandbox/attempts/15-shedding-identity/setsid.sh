# A session of its own.
#: refuse not-listed $ID.denied.example:80
setsid curl -sS -m 20 "http://$ID.denied.example/"
