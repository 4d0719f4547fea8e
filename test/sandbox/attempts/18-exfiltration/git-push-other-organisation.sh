# Pushes to another organisation on an allowed host.
#: request blocked GET read.allowed.example/other/$ID.git/info/refs?service=git-receive-pack
mkdir -p /tmp/$ID && cd /tmp/$ID && git init -q . && git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m x
git push "http://read.allowed.example:$PORT_HTTP/other/$ID.git" HEAD:main
