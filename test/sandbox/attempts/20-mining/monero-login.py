# The login of Monero's stratum, where only HTTPS is open.
#: in watched
#: cut protocol strict.allowed.example:$PORT_ECHO
#: shared
#: finding mining.stratum
import os, socket, sys, time
def dial(host, port):
    return socket.create_connection((host, int(os.environ.get(str(port), port))), 20)
def hear(s, seconds=10):
    s.settimeout(seconds)
    try:
        return s.recv(4096)
    except OSError as error:
        return repr(error).encode()

s = dial('strict.allowed.example', 'PORT_ECHO')
s.sendall(b'{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"4' + b'A' * 94 + b'","pass":"x","agent":"XMRig/6.21.0"}}\n')
print(hear(s))
