# One port over a /24.
#: in watched
#: refuse raw-address 198.51.100.200:22
#: finding probing.scan
import socket
for i in range(1, 255):
    s = socket.socket()
    s.settimeout(2)
    s.connect_ex((f'198.51.100.{i}', 22))
    s.close()
