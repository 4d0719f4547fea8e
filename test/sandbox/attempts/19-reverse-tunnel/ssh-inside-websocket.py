# SSH inside a WebSocket to an allowed host, as chisel and wstunnel do.
#: in watched
#: request allowed GET web.allowed.example/tunnel-$ID
#: cut protocol web.allowed.example:$PORT_HTTP
#: shared
import os, socket, sys, time
def dial(host, port):
    return socket.create_connection((host, int(os.environ.get(str(port), port))), 20)
def hear(s, seconds=10):
    s.settimeout(seconds)
    try:
        return s.recv(4096)
    except OSError as error:
        return repr(error).encode()

s = dial('web.allowed.example', 'PORT_HTTP')
s.sendall(b'GET /tunnel-ssh-inside-websocket HTTP/1.1\r\nHost: web.allowed.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
print(hear(s))
line = b'SSH-chisel-v3-client\r\n' if False else b'SSH-2.0-Go\r\n'
mask = b'abcd'
s.sendall(bytes([0x82, 0x80 | len(line)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(line)))
print(hear(s), hear(s))
