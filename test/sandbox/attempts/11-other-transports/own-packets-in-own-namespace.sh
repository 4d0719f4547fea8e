# A network of its own, where it may make packets: they lead nowhere.
#: local
#: not outside
unshare -rn sh -c 'ip link set lo up; ip route add default dev lo; python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 255)
s.sendto(bytes.fromhex(\"4500001c000000004011000000000000c0000271\") + bytes(8), (\"192.0.2.113\", 0))
print(\"sent\")"; curl -sS -m 20 http://web.allowed.example/' 2>&1
