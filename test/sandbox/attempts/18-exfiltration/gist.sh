# A gist.
#: request blocked POST read.allowed.example/gists?$ID
#: says denied
curl -sS -m 20 -X POST --data-binary @/etc/hostname "http://read.allowed.example:$PORT_HTTP/gists?$ID" || true
