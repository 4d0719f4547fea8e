# An address of the range that stands for names, but for no name yet.
#: refuse private-address 198.18.200.7:80
#: not connected
import socket
s = socket.socket()
s.settimeout(20)
print('connected' if s.connect_ex(('198.18.200.7', 80)) == 0 else 'refused')
