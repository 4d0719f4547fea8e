# A denied address written as IPv6.
#: refuse deny-rule 203.0.113.9:81
#: not connected
import socket
for target in [('::ffff:203.0.113.9', 81)]:
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    s.settimeout(20)
    try:
        s.connect(target)
        print('connected', target)
    except OSError as error:
        print(type(error).__name__, target)
    s.close()
