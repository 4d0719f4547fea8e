# The meeting point of a tunnel service.
#: in watched
#: refuse not-listed localtunnel.me:443
#: finding tunnel.service-name
import socket
print(socket.socket().connect_ex(('localtunnel.me', 443)))
