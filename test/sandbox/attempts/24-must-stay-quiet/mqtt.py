# MQTT: connects, and waits for what comes.
#: in quiet
#: open echo.allowed.example:$PORT_ECHO
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

s = dial('echo.allowed.example', 'PORT_ECHO')
s.sendall(b'\x10\x0d\0\4MQTT\4\2\0\x3c\0\1a')
print(hear(s))
