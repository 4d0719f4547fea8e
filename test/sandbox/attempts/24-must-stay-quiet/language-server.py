# JSON-RPC with lengths, over TCP to an allowed host.
#: in quiet
#: open echo.allowed.example:$PORT_ECHO
#: shared
#: says initialize
import os, socket, sys, time
def dial(host, port):
    return socket.create_connection((host, int(os.environ.get(str(port), port))), 20)
def hear(s, seconds=10):
    s.settimeout(seconds)
    try:
        return s.recv(4096)
    except OSError as error:
        return repr(error).encode()

s = dial('echo.allowed.example', 'PORT_ECHO')
body = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}'
s.sendall(b'Content-Length: %d\r\n\r\n' % len(body) + body)
print(hear(s))
