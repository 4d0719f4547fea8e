# To the hypervisor.
#: local
#: not made
import socket
try:
    s = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    s.settimeout(2)
    s.connect((2, 1024))
    print('made')
except OSError as error:
    print(error)
