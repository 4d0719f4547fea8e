# A connection that goes on after its call: its bytes are still the call's.
#: in watched
#: open echo.allowed.example:$PORT_ECHO
#: shared
setsid python3 -c "
import os, socket, time
s = socket.create_connection(('echo.allowed.example', int(os.environ['PORT_ECHO'])), 5)
for _ in range(4):
    s.sendall(b'outlives its call')
    time.sleep(0.4)
" > /dev/null 2>&1 < /dev/null &
exit 0
