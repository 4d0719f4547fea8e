# What SDKs do at start: one look whether this is a cloud.
#: in quiet
#: refuse metadata-address 169.254.169.254:80
import socket
s = socket.socket()
s.settimeout(1)
print(s.connect_ex(('169.254.169.254', 80)))
