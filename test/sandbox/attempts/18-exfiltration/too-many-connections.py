# A host that may be reached three times a minute.
#: open few.allowed.example:$PORT_HTTP
#: refuse limit few.allowed.example:$PORT_HTTP
import os, socket
for _ in range(5):
    s = socket.socket()
    s.settimeout(20)
    print(s.connect_ex(('few.allowed.example', int(os.environ['PORT_HTTP']))))
    s.close()
