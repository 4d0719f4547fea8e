# The gateway's own address, with bytes that no proxy knows.
#: refuse protocol 198.19.255.1:4444
import socket
s = socket.create_connection(('198.19.255.1', 4444), 20)
s.sendall(b'\x00\x01\x02 nothing that is known')
s.settimeout(10)
try: print(s.recv(100))
except OSError as error: print(error)
