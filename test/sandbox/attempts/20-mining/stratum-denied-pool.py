# The pool is not open.
#: in watched
#: refuse not-listed pool.$ID.denied.example:3333
import os, socket
print(socket.socket().connect_ex(('pool.' + os.environ['ID'] + '.denied.example', 3333)))
