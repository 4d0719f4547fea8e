# Two megabytes of arguments, less what the kernel keeps for itself.
#: refuse not-listed $ID.denied.example:80
import os, socket, sys
if len(sys.argv) < 2:
    os.execv(sys.executable, [sys.executable, __file__] + ['x' * 100_000] * 19)
socket.socket().connect_ex((os.environ['ID'] + '.denied.example', 80))
