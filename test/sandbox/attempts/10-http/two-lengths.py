# Two lengths: servers read them in different ways.
#: says 400
#: not smuggled
import os, socket, sys, time
def dial(host, port):
    return socket.create_connection((host, int(os.environ.get(str(port), port))), 20)
def hear(s, seconds=10):
    s.settimeout(seconds)
    try:
        return s.recv(4096)
    except OSError as error:
        return repr(error).encode()

s = dial('web.allowed.example', 'PORT_HTTP')
s.sendall(b'POST /a-two-lengths HTTP/1.1\r\nHost: web.allowed.example\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n')
time.sleep(0.5)
print(hear(s).decode('latin1'))
