# Flushes the rules, in the sandbox's network and in one of its own.
#: refuse not-listed $ID.denied.example:80
#: not flushed
PATH=$PATH:/usr/sbin:/sbin
nft flush ruleset 2>/dev/null && echo flushed
unshare -Ur nft flush ruleset 2>/dev/null && echo flushed
iptables -F 2>/dev/null && echo flushed
ip link set lo down 2>/dev/null && echo flushed
curl -sS -m 20 "http://$ID.denied.example/"
