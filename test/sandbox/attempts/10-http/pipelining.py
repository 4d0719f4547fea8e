# Two requests at once, the second for another host.
#: request allowed GET web.allowed.example/one-$ID
#: request blocked GET web.allowed.example/two-$ID
#: says denied
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
s.sendall(b'GET /one-pipelining HTTP/1.1\r\nHost: web.allowed.example\r\n\r\nGET /two-pipelining HTTP/1.1\r\nHost: pipelined.denied.example\r\n\r\n')
time.sleep(0.5)
print(hear(s).decode('latin1'))
print(hear(s))
