# A path that servers read in different ways, against a rule of paths.
#: request blocked GET read.allowed.example/acme/..%2Fother
#: says denied
import os, socket, sys, time
def dial(host, port):
    return socket.create_connection((host, int(os.environ.get(str(port), port))), 20)
def hear(s, seconds=10):
    s.settimeout(seconds)
    try:
        return s.recv(4096)
    except OSError as error:
        return repr(error).encode()

s = dial('read.allowed.example', 'PORT_HTTP')
s.sendall(b'GET /acme/..%2Fother HTTP/1.1\r\nHost: read.allowed.example\r\nConnection: close\r\n\r\n')
print(hear(s))
