# The second answer is a bad one: what was looked at is what is dialled, each time.
#: open changing.rebind.example:$PORT_HTTP
#: refuse metadata-address changing.rebind.example:$PORT_HTTP
#: says connected.*refused
import os, socket, time
said = []
for wait in (6, 0):
    s = socket.socket()
    s.settimeout(20)
    said.append('connected' if s.connect_ex(('changing.rebind.example', int(os.environ['PORT_HTTP']))) == 0 else 'refused')
    time.sleep(wait)
print(*said)
