# The API that makes machines, by its name, as its SDK would.
#: in watched
#: refuse not-listed ec2.us-east-1.amazonaws.com:443
#: finding provisioning.api-name
import socket
print(socket.socket().connect_ex(('ec2.us-east-1.amazonaws.com', 443)))
