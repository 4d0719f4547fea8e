# A Cyrillic letter in an allowed name, as it goes over the wire.
#: refuse not-listed xn--wb-elc.allowed.example:80
#: not connected
import socket
s = socket.socket()
s.settimeout(20)
print('connected' if s.connect_ex(('xn--wb-elc.allowed.example', 80)) == 0 else 'refused')
