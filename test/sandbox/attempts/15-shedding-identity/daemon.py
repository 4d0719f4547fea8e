# As daemons begin: fork, setsid, fork, close all.
#: refuse not-listed $ID.denied.example:80
import os, socket, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 64)
        time.sleep(0.3)
        socket.socket().connect_ex((os.environ['ID'] + '.denied.example', 80))
    os._exit(0)
