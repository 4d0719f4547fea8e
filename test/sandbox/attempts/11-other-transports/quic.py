# QUIC to an address and to an allowed name.
#: user-hole without control groups the kernel names no owner of a datagram whose socket is closed again; it is said of nobody
#: refuse raw-address 192.0.2.111:443/udp
#: refuse transport tls.allowed.example:443/udp
#: shared
#: not answered
import os, socket
def send(family, host, port, data=b'hello', kind=socket.SOCK_DGRAM, protocol=0, connect=False):
    try:
        s = socket.socket(family, kind, protocol)
        s.settimeout(1)
        if connect:
            s.connect((host, port))
            s.send(data)
        else:
            s.sendto(data, (host, port))
        s.recv(100)
        print('answered')
    except OSError as error:
        print(type(error).__name__, error)

packet = b'\xc3\0\0\0\1\x08' + b'D' * 8 + b'\0\0\x44\xb0' + b'P' * 1180
send(socket.AF_INET, '192.0.2.111', 443, packet)
send(socket.AF_INET, socket.gethostbyname('tls.allowed.example'), 443, packet, connect=True)
