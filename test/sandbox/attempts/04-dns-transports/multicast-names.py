# mDNS and LLMNR.
#: user-hole without control groups the kernel names no owner of a datagram whose socket is closed again; it is said of nobody
#: refuse group-address 224.0.0.251:5353/udp
#: refuse group-address 224.0.0.252:5355/udp
import os, socket, struct
def query(name, kind, more=b''):
    labels = b''.join(bytes([len(l)]) + l.encode() for l in name.split('.'))
    return struct.pack('>HHHHHH', 4660, 256, 1, 0, 0, 1 if more else 0) + labels + b'\0' + struct.pack('>HH', kind, 1) + more
def udp(server, port, message):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(10)
    try:
        s.sendto(message, (server, port))
        return s.recv(4096)
    except OSError as error:
        return error

print(udp('224.0.0.251', 5353, query('printer.local', 1)))
print(udp('224.0.0.252', 5355, query('printer', 1)))
