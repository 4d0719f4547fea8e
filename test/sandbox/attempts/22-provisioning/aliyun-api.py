# The API that makes machines, by its name, as its SDK would.
#: in watched
#: refuse not-listed ecs.aliyuncs.com:443
#: finding provisioning.api-name
import socket
print(socket.socket().connect_ex(('ecs.aliyuncs.com', 443)))
