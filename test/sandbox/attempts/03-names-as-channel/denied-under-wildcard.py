# A deny rule within a wildcard.
#: dns blocked A closed.wild.allowed.example
#: refuse deny-rule closed.wild.allowed.example:$PORT_HTTP
import os, socket
s = socket.socket()
print(s.connect_ex(('closed.wild.allowed.example', int(os.environ['PORT_HTTP']))))
