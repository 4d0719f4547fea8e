# An allowed name that leads where no name should.
#: refuse own-address loop.rebind.example:$PORT_HTTP
#: not connected
import os, socket
s = socket.socket()
s.settimeout(20)
print('connected' if s.connect_ex(('loop.rebind.example', int(os.environ['PORT_HTTP']))) == 0 else 'refused')
