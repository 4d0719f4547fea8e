# IPv4 written as IPv6.
#: refuse raw-address 192.0.2.23:80
#: not connected
import socket
for target in [('::ffff:192.0.2.23', 80)]:
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    s.settimeout(20)
    try:
        s.connect(target)
        print('connected', target)
    except OSError as error:
        print(type(error).__name__, target)
    s.close()
