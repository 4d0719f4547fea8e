# The parent is gone when it connects.
#: refuse not-listed $ID.denied.example:80
sh -c 'sleep 0.5; curl -sS -m 20 "http://$ID.denied.example/"' > /dev/null 2>&1 &
exit 0
