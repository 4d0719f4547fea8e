# The meeting point of a tunnel service.
#: in watched
#: refuse not-listed bore.pub:443
#: finding tunnel.service-name
import socket
print(socket.socket().connect_ex(('bore.pub', 443)))
