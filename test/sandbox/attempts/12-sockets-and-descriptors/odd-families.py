# Families of sockets that no rule knows: netlink of other kinds, Bluetooth, CAN, AF_ALG, XDP.
#: local
#: not made
import socket
for family, kind, protocol in ((16, 3, 12), (16, 3, 15), (31, 3, 1), (29, 3, 1), (38, 5, 0), (44, 3, 0), (21, 5, 0), (30, 1, 0)):
    try:
        socket.socket(family, kind, protocol)
        print('made', family, protocol)
    except OSError as error:
        print(family, error)
