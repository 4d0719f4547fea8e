# CONNECT to an allowed name, TLS for another.
#: cut name-mismatch tls.allowed.example:$PORT_TLS
#: shared
#: not 200 OK
import os, socket, sys, time
def dial(host, port):
    return socket.create_connection((host, int(os.environ.get(str(port), port))), 20)
def hear(s, seconds=10):
    s.settimeout(seconds)
    try:
        return s.recv(4096)
    except OSError as error:
        return repr(error).encode()

import ssl
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE

s = dial('198.19.255.1', 3128)
s.sendall(b'CONNECT tls.allowed.example:%s HTTP/1.1\r\n\r\n' % os.environ['PORT_TLS'].encode())
print(s.recv(1000))
try:
    t = context.wrap_socket(s, server_hostname=os.environ['ID'] + '.denied.example')
    t.sendall(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    print(t.recv(100))
except OSError as error:
    print(error)
