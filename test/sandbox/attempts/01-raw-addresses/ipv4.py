# Dials an address that nobody looked up.
#: refuse raw-address 192.0.2.22:22
#: refuse raw-address 192.0.2.22:80
#: refuse raw-address 192.0.2.22:443
#: refuse raw-address 192.0.2.22:40022
#: not connected
import socket
for target in [('192.0.2.22', 22), ('192.0.2.22', 80), ('192.0.2.22', 443), ('192.0.2.22', 40022)]:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.settimeout(20)
    try:
        s.connect(target)
        print('connected', target)
    except OSError as error:
        print(type(error).__name__, target)
    s.close()
