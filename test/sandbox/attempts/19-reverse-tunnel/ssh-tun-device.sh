# A network device.
#: in watched
#: needs ssh
#: refuse not-listed $ID.denied.example:22
ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=20 -o LogLevel=ERROR -i ./id -w 0:0 a@$ID.denied.example
