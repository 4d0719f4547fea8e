# Other routes and addresses.
#: refuse raw-address 192.0.2.161:80
#: not changed
PATH=$PATH:/usr/sbin:/sbin
ip route add 192.0.2.0/24 dev lo 2>/dev/null && echo changed
ip addr add 192.0.2.161/32 dev lo 2>/dev/null && echo changed
curl -sS -m 20 http://192.0.2.161/
