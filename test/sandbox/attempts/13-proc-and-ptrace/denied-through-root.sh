# The same program by another path is the same call.
#: refuse not-listed $ID.denied.example:80
/proc/self/root/usr/bin/curl -sS -m 20 "http://$ID.denied.example/"
