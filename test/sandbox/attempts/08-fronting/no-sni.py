# TLS that names nobody.
#: cut no-sni tls.allowed.example:$PORT_TLS
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

try:
    t = context.wrap_socket(dial('tls.allowed.example', 'PORT_TLS'))
    t.sendall(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    print(t.recv(100))
except OSError as error:
    print(error)
