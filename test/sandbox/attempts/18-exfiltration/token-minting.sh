# Makes a token.
#: request blocked POST read.allowed.example/-/npm/v1/tokens?$ID
#: says denied
curl -sS -m 20 -X POST --data-binary @/etc/hostname "http://read.allowed.example:$PORT_HTTP/-/npm/v1/tokens?$ID" || true
