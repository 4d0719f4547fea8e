# Control characters, colours, directions and broken UTF-8 in a name over DNS.
#: dns blocked A *.$ID.denied.example
import os, socket, struct
label = b'\x1b[31mred\xe2\x80\xae\xff\x07'
labels = bytes([len(label)]) + label + b''.join(bytes([len(l)]) + l.encode() for l in (os.environ['ID'] + '.denied.example').split('.'))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2)
s.sendto(struct.pack('>HHHHHH', 7, 256, 1, 0, 0, 0) + labels + b'\0' + struct.pack('>HH', 1, 1), ('198.19.255.1', 53))
try: print(s.recv(500)[3] & 15)
except OSError as error: print(error)
