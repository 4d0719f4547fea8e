# DoH where paths are not open, on a host that is.
#: request blocked POST read.allowed.example/dns-query
#: says denied
curl -sS -m 20 -H 'Content-Type: application/dns-message' --data-binary abc "http://read.allowed.example:$PORT_HTTP/dns-query"
