# Forks twice.
#: refuse not-listed $ID.denied.example:80
( ( curl -sS -m 20 "http://$ID.denied.example/" ) & )
sleep 1
