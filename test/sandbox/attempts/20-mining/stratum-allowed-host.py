# Stratum to a host that is open for anything: found by its bytes, and stopped.
#: in watched
#: open any.allowed.example:$PORT_ECHO
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

s = dial('any.allowed.example', 'PORT_ECHO')
s.sendall(b'{"id":1,"method":"mining.subscribe","params":["cpuminer/2.5"]}\n')
print(hear(s))
s.sendall(b'{"id":2,"method":"mining.authorize","params":["wallet.worker","x"]}\n')
print(hear(s))
