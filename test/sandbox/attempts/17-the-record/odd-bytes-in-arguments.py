# The same in the arguments of the process that connects.
#: refuse not-listed $ID.denied.example:80
import os, socket, sys
if len(sys.argv) < 2:
    os.execv(sys.executable, [sys.executable, __file__, b'\x1b]0;owned\x07\xe2\x80\xae\xff\n{"seq":1}'])
socket.socket().connect_ex((os.environ['ID'] + '.denied.example', 80))
