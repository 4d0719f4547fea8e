# Events of a tool server: JSON-RPC, as miners speak too.
#: in quiet
#: request allowed GET web.allowed.example/events-$ID
#: says jsonrpc
curl -sS -m 20 -N "http://web.allowed.example:$PORT_HTTP/events-$ID"
