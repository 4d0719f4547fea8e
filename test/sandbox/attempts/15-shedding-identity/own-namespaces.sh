# User, process and mount namespaces of its own.
#: refuse not-listed $ID.denied.example:80
unshare -Urpf --mount-proc curl -sS -m 20 "http://$ID.denied.example/"
