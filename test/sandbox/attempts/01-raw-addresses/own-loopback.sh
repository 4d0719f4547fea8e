# Ways to write this machine; inside they are the sandbox itself, and nobody listens there.
#: local
#: not outside
for host in 127.0.0.1 2130706433 0x7f.1 0177.0.0.1 127.1 0.0.0.0 '[::]' '[::1]'; do
  curl -sS -m 20 "http://$host:$PORT_HTTP/"
done
