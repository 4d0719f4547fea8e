# A port of a database, brought in by a host that the policy opens for it.
#: in quiet
#: needs ssh
#: open ssh.allowed.example:$PORT_SSH
#: shared
#: says irc.example
[ "$SSH_LOGIN" = yes ] || { echo "login by SSH for this user"; exit 77; }
ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=20 -o LogLevel=ERROR -i ./id -f -N -L 127.0.0.1:15432:$OUT:$PORT_PUSH -p $PORT_SSH $SSH_USER@ssh.allowed.example
python3 -c "
import socket
s = socket.create_connection(('127.0.0.1', 15432), 20)
s.settimeout(20)
print(s.recv(100))"
