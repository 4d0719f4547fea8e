# Types that carry data: TXT, NULL, ANY, MX.
#: dns blocked TXT txt.$ID.wild.allowed.example
#: dns blocked NULL null.$ID.wild.allowed.example
#: dns blocked ANY any.$ID.wild.allowed.example
#: dns blocked MX mx.$ID.denied.example
#: says 5 5 5 5
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

name = os.environ['ID']
codes = []
for label, kind, under in (('txt', 16, 'wild.allowed.example'), ('null', 10, 'wild.allowed.example'), ('any', 255, 'wild.allowed.example'), ('mx', 15, 'denied.example')):
    reply = udp('198.19.255.1', 53, query(f'{label}.{name}.{under}', kind))
    codes.append(str(reply[3] & 15) if isinstance(reply, bytes) else repr(reply))
print(*codes)
