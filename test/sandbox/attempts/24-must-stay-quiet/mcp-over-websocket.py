# The same over a WebSocket.
#: in quiet
#: request allowed GET web.allowed.example/mcp-$ID
#: says hello
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
s.sendall(b'GET /mcp-mcp-over-websocket HTTP/1.1\r\nHost: web.allowed.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
print(hear(s))
line = b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
mask = b'abcd'
for _ in range(5):
    s.sendall(bytes([0x81, 0x80 | len(line)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(line)))
    print(hear(s))
    time.sleep(0.1)
