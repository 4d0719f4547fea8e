# The server speaks first, and it is SSH.
#: cut protocol strict.allowed.example:$PORT_BANNER
#: not OpenSSH_9
import os, socket, sys, time
def dial(host, port):
    return socket.create_connection((host, int(os.environ.get(str(port), port))), 20)
def hear(s, seconds=10):
    s.settimeout(seconds)
    try:
        return s.recv(4096)
    except OSError as error:
        return repr(error).encode()

print(hear(dial('strict.allowed.example', 'PORT_BANNER')))
