# A comment.
#: request blocked POST read.allowed.example/repos/acme/app/issues/1/comments?$ID
#: says denied
curl -sS -m 20 -X POST --data-binary @/etc/hostname "http://read.allowed.example:$PORT_HTTP/repos/acme/app/issues/1/comments?$ID" || true
