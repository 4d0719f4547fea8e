# A token in a header, an address and an argument: seen by curl, not by the recording.
#: request allowed GET web.allowed.example/secret-$ID
curl -sS -m 20 -H 'Authorization: Bearer ghp_0123456789abcdefghijABCDEFGHIJ456789' "http://web.allowed.example:$PORT_HTTP/secret-$ID"
