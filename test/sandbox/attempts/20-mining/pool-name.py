# A pool by its known name.
#: in watched
#: refuse not-listed xmr.pool.minergate.com:45700
#: finding mining.pool-name
import socket
print(socket.socket().connect_ex(('xmr.pool.minergate.com', 45700)))
