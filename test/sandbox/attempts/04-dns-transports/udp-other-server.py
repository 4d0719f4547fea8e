# Asks a public resolver; ours answers.
#: dns blocked A $ID.denied.example
#: says 198\.18\.
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

reply = udp('192.0.2.53', 53, query(os.environ['ID'] + '.denied.example', 1))
print('.'.join(str(b) for b in reply[-4:]))
