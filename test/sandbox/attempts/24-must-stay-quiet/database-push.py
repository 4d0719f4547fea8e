# A database, a chat and a broker that speak first, and go on.
#: in quiet
#: open push.allowed.example:$PORT_PUSH
#: shared
#: says irc.example
import os, socket, sys, time
def dial(host, port):
    return socket.create_connection((host, int(os.environ.get(str(port), port))), 20)
def hear(s, seconds=10):
    s.settimeout(seconds)
    try:
        return s.recv(4096)
    except OSError as error:
        return repr(error).encode()

s = dial('push.allowed.example', 'PORT_PUSH')
print(hear(s))
time.sleep(2)
