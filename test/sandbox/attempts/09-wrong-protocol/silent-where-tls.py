# Connects and says nothing where TLS is open; the echo would answer.
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
time.sleep(1)
try:
    s.sendall(b'late')
except OSError as error: print(error)
print(hear(s))
