# Listeners of the machine on its loopback are not on that of the sandbox.
#: local
#: not connected
import os, socket
for host in ('127.0.0.1', os.environ['OUT']):
    for port in ('PORT_HTTP', 'PORT_SSH', 'PORT_ECHO'):
        s = socket.socket()
        s.settimeout(10)
        print('connected' if s.connect_ex((host, int(os.environ[port]))) == 0 else 'refused')
