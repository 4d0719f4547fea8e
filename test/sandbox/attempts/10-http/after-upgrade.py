# A second request after an upgrade is no request any more.
#: request allowed GET web.allowed.example/socket-$ID
#: says 101
#: not outside: GET /second
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
s.sendall(b'GET /socket-after-upgrade HTTP/1.1\r\nHost: web.allowed.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
time.sleep(0.5)
print(hear(s).decode('latin1'))
s.sendall(b'GET /second HTTP/1.1\r\nHost: second.denied.example\r\n\r\n')
print(hear(s))
