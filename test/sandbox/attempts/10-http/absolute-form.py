# A whole URL as target, for another host than the Host header says.
#: request blocked GET web.allowed.example/x
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
s.sendall(b'GET http://absolute.denied.example/x HTTP/1.1\r\nHost: web.allowed.example\r\n\r\n')
time.sleep(0.5)
print(hear(s).decode('latin1'))
