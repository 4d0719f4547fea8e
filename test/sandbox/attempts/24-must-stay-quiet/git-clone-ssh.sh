# Clones over SSH.
#: in quiet
#: needs ssh
#: open ssh.allowed.example:$PORT_SSH
#: shared
#: says ^readme$
[ "$SSH_LOGIN" = yes ] || { echo "login by SSH for this user"; exit 77; }
export GIT_SSH_COMMAND='ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=20 -o LogLevel=ERROR -i ./id'
git clone -q "ssh://$SSH_USER@ssh.allowed.example:$PORT_SSH/$REPO" /tmp/$ID && ls /tmp/$ID
