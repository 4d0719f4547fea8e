# A socket made here, connected by a child: still this call's.
#: refuse not-listed $ID.denied.example:80
import os, socket
s = socket.socket()
if os.fork() == 0:
    s.connect_ex((os.environ['ID'] + '.denied.example', 80))
    os._exit(0)
os.wait()
