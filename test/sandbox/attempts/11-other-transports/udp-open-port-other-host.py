# The port is open for datagrams, but to another host: the program is told that nobody is there.
#: refuse not-listed ${ID}.denied.example:$PORT_UDP/udp
#: says ConnectionRefusedError
import os, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.connect((os.environ['ID'] + '.denied.example', int(os.environ['PORT_UDP'])))
try:
    s.send(b'hello')
    print(s.recv(100))
except OSError as error:
    print(type(error).__name__, error)
