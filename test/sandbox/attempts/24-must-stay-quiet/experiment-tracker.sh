# experiment tracker
#: in quiet
#: skip HTTPS to an allowed host, as in allowed-tls
true
