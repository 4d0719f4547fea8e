# The program by another name, to a host that is open for SSH: the sizes of what it sends tell that it asks to be listened
# for. On a busy machine the gateway may see two packets as one; it is tried again then.
#: in watched
#: needs ssh
#: open ssh.allowed.example:$PORT_SSH
#: shared
#: finding tunnel.ssh-listens
[ "$SSH_LOGIN" = yes ] || { echo login by SSH for this user; exit 77; }
cp /usr/bin/ssh /tmp/updater
for try in 1 2 3; do
  timeout 8 /tmp/updater -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=20 -o LogLevel=ERROR -i ./id -N -R 127.0.0.1:0:localhost:22 -p $PORT_SSH $SSH_USER@ssh.allowed.example
done
