# IPv4 in IPv6, over UDP.
#: user-hole without control groups the kernel names no owner of a datagram whose socket is closed again; it is said of nobody
#: refuse raw-address 192.0.2.119:9999/udp
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

send(socket.AF_INET6, '::ffff:192.0.2.119', 9999)
