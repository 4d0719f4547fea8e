# 6to4 of a denied address.
#: refuse deny-rule 2002:cb00:7109::1:80
#: not connected
import socket
for target in [('2002:cb00:7109::1', 80)]:
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    s.settimeout(20)
    try:
        s.connect(target)
        print('connected', target)
    except OSError as error:
        print(type(error).__name__, target)
    s.close()
