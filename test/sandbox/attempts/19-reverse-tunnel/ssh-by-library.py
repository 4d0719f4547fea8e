# A client that is no ssh: its first line shows it.
#: in watched
#: cut protocol strict.allowed.example:$PORT_ECHO
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

s = dial('strict.allowed.example', 'PORT_ECHO')
s.sendall(b'SSH-2.0-paramiko_3.4.0\r\n')
print(hear(s))
