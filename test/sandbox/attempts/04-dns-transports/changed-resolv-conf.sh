# Another server in /etc/resolv.conf: it can't be written, and would change nothing.
#: local
#: says (Read-only|Permission denied|cannot create)
echo nameserver 192.0.2.59 > /etc/resolv.conf
