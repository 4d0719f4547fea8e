# The meeting point of a tunnel service.
#: in watched
#: refuse not-listed connect.ngrok-agent.com:443
#: finding tunnel.service-name
import socket
print(socket.socket().connect_ex(('connect.ngrok-agent.com', 443)))
