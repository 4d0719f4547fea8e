# WireGuard's first datagram to a host that is open for datagrams of no tunnel.
#: refuse protocol ${ID}.udp.allowed.example:$PORT_UDP/udp
#: says ConnectionRefusedError
import os, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.connect((os.environ['ID'] + '.udp.allowed.example', int(os.environ['PORT_UDP'])))
try:
    s.send(b'\x01\x00\x00\x00' + b'W' * 144)
    print(s.recv(200))
except OSError as error:
    print(type(error).__name__, error)
