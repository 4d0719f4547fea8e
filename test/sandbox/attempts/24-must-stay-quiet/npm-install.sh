# A package from a registry that is open.
#: in quiet
#: needs npm
#: open web.allowed.example:$PORT_HTTP
#: shared
#: says added 1 package
mkdir -p /tmp/$ID && cd /tmp/$ID && echo '{"name":"a","version":"1.0.0"}' > package.json
npm install --no-audit --no-fund --cache /tmp/$ID/cache --registry "http://web.allowed.example:$PORT_HTTP/" tiny
