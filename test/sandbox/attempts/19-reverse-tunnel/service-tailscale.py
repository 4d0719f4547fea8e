# The meeting point of a tunnel service.
#: in watched
#: refuse not-listed controlplane.tailscale.com:443
#: finding tunnel.service-name
import socket
print(socket.socket().connect_ex(('controlplane.tailscale.com', 443)))
