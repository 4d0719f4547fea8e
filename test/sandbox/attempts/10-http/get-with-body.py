# A body where none belongs: passes as it is.
#: request allowed GET web.allowed.example/body-$ID
#: says outside: GET /body-get-with-body .* 5
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
s.sendall(b'GET /body-get-with-body HTTP/1.1\r\nHost: web.allowed.example\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello')
time.sleep(0.5)
print(hear(s).decode('latin1'))
