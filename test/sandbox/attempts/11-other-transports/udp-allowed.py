# Datagrams to a host and port that a rule opens: several of one socket, one of them large.
#: open ${ID}.udp.allowed.example:$PORT_UDP/udp
#: says ^answered 5 1 1400 9000$
import os, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
to = (os.environ['ID'] + '.udp.allowed.example', int(os.environ['PORT_UDP']))
sizes = []
for size in (5, 1, 1400, 9000):
    s.sendto(b'x' * size, to)
    bytes, _ = s.recvfrom(65536)
    sizes.append(str(len(bytes)))
print('answered', ' '.join(sizes))
