# Straight to the gateway's listener inside, as if it had been sent there.
#: local
#: not relayed
import socket
for host in ('127.0.0.1', '198.19.255.2'):
    try:
        s = socket.create_connection((host, 47821), 3)
        s.sendall(b'GET / HTTP/1.1\r\nHost: web.allowed.example\r\n\r\n')
        s.settimeout(2)
        print('relayed' if s.recv(100) else 'closed')
    except OSError as error: print(error)
