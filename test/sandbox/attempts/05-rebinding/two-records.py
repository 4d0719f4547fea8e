# One good and one bad address: only the good one is dialled.
#: open two.rebind.example:$PORT_HTTP
#: says outside
import os, socket
s = socket.create_connection(('two.rebind.example', int(os.environ['PORT_HTTP'])), 20)
s.sendall(b'GET / HTTP/1.1\r\nHost: two.rebind.example\r\nConnection: close\r\n\r\n')
print(s.recv(1000))
