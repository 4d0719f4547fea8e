# The meeting point of a tunnel service.
#: in watched
#: refuse not-listed region1.v2.argotunnel.com:443
#: finding tunnel.service-name
import socket
print(socket.socket().connect_ex(('region1.v2.argotunnel.com', 443)))
