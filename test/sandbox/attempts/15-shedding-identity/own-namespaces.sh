# User, process and mount namespaces of its own.
#: refuse not-listed $ID.denied.example:80
unshare -Urpf --mount-proc curl -sS -m 5 "http://$ID.denied.example/"
