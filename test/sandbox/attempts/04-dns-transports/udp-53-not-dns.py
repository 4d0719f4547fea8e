# A datagram to port 53 that is no query.
#: refuse protocol 192.0.2.58:53/udp
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
try:
    s.sendto(b'hello, this is data', ('192.0.2.58', 53))
    print(s.recv(100))
except OSError as error:
    print(error)
