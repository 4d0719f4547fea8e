# Port 53 for something else.
#: refuse protocol 192.0.2.56:53
#: not got
import socket
s = socket.create_connection(('192.0.2.56', 53), 20)
s.sendall(b'SSH-2.0-OpenSSH_9.6\r\n')
s.settimeout(20)
try:
    data = s.recv(100)
    print('got', data) if data else print('closed')
except OSError as error:
    print(error)
