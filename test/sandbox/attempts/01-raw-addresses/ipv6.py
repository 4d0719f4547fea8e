# The same over IPv6.
#: refuse raw-address 2001:db8::1:80
#: not connected
import socket
for target in [('2001:db8::1', 80)]:
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    s.settimeout(20)
    try:
        s.connect(target)
        print('connected', target)
    except OSError as error:
        print(type(error).__name__, target)
    s.close()
