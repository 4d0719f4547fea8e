# An open host where nobody has the port: refused as by any network.
#: open ${ID}.udp.allowed.example:9/udp
#: says ConnectionRefusedError
import os, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.connect((os.environ['ID'] + '.udp.allowed.example', 9))
try:
    s.send(b'hello')
    print(s.recv(100))
except OSError as error:
    print(type(error).__name__, error)
