# A header of one MiB.
#: open web.allowed.example:$PORT_HTTP
#: shared
#: says (431|400|reset|Reset|denied)
#: not outside
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
s.sendall(b'GET /giant HTTP/1.1\r\nHost: web.allowed.example\r\nX-A: ' + b'a' * 1048576 + b'\r\n\r\n')
time.sleep(0.5)
print(hear(s).decode('latin1'))
