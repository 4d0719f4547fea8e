# DoT to an address.
#: refuse raw-address 192.0.2.55:853
import socket
print(socket.socket().connect_ex(('192.0.2.55', 853)))
