# A server that speaks first is not waited for in vain.
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

print(hear(dial('push.allowed.example', 'PORT_PUSH')))
