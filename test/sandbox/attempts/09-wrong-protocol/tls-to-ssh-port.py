# TLS where SSH is open.
#: cut protocol ssh.allowed.example:$PORT_SSH
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

import ssl
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE

try:
    context.wrap_socket(dial('ssh.allowed.example', 'PORT_SSH'), server_hostname='ssh.allowed.example')
    print('made')
except OSError as error:
    print(error)
