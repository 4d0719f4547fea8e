# A thousand refused connections: each is decided; what is alike is counted, not lost.
#: refuse not-listed $ID.denied.example:80
#: says ^1000 refused
import os, socket
address = socket.gethostbyname(os.environ['ID'] + '.denied.example')
refused = 0
for _ in range(1000):
    s = socket.socket()
    s.settimeout(20)
    refused += s.connect_ex((address, 80)) == 111
    s.close()
print(refused, 'refused')
