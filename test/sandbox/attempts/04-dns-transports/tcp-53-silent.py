# Connects to port 53 of another server and says nothing.
#: refuse protocol 192.0.2.57:53
import socket
s = socket.create_connection(('192.0.2.57', 53), 20)
s.close()
