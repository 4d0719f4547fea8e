# A listener inside passes a CONNECT on: its own packets leave through the gateway like all others.
#: refuse not-listed $ID.denied.example:443
#: says 403
import os, socket, threading
server = socket.create_server(('127.0.0.1', 0))
def relay():
    inner, _ = server.accept()
    outer = socket.create_connection(('198.19.255.1', 3128), 20)
    outer.sendall(inner.recv(4096))
    inner.sendall(outer.recv(4096))
threading.Thread(target=relay, daemon=True).start()
s = socket.create_connection(server.getsockname())
s.sendall(b'CONNECT %s.denied.example:443 HTTP/1.1\r\n\r\n' % os.environ['ID'].encode())
print(s.recv(4096))
