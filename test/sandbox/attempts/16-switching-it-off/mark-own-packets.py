# The mark of the gateway's own packets.
#: refuse raw-address 192.0.2.162:80
#: says PermissionError
import socket
s = socket.socket()
try: s.setsockopt(socket.SOL_SOCKET, 36, (0x80000000).to_bytes(4, "little"))
except OSError as error: print(type(error).__name__)
s.settimeout(20)
print(s.connect_ex(('192.0.2.162', 80)))
