# The call has long returned.
#: refuse not-listed $ID.denied.example:80
setsid sh -c 'sleep 2; curl -sS -m 20 "http://$ID.denied.example/"' > /dev/null 2>&1 < /dev/null &
exit 0
