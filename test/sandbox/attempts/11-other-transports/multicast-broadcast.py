# To groups and to all.
#: user-hole without control groups the kernel names no owner of a datagram whose socket is closed again; it is said of nobody
#: refuse group-address 239.1.2.3:5000/udp
#: refuse group-address 255.255.255.255:5000/udp
#: refuse group-address ff02::fb:5353/udp
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

send(socket.AF_INET, '239.1.2.3', 5000)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
try: s.sendto(b'x', ('255.255.255.255', 5000))
except OSError as error: print(error)
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
try: s.sendto(b'x', ('ff02::fb', 5353, 0, socket.if_nametoindex('lo')))
except OSError as error: print(error)
