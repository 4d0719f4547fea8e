# Forks twice.
#: refuse not-listed $ID.denied.example:80
( ( curl -sS -m 5 "http://$ID.denied.example/" ) & )
sleep 1
