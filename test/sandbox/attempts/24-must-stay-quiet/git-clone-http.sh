# Clones over HTTP.
#: in quiet
#: open web.allowed.example:$PORT_HTTP
#: shared
#: says ^readme$
git clone -q "http://web.allowed.example:$PORT_HTTP/repo.git" /tmp/$ID && ls /tmp/$ID
