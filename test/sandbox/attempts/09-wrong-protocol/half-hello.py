# Half a ClientHello, then silence: nothing of it is relayed.
#: cut protocol|no-sni tls.allowed.example:$PORT_TLS
#: shared
#: says (b''|reset|Reset)
import os, socket, sys, time
def dial(host, port):
    return socket.create_connection((host, int(os.environ.get(str(port), port))), 20)
def hear(s, seconds=10):
    s.settimeout(seconds)
    try:
        return s.recv(4096)
    except OSError as error:
        return repr(error).encode()

def extension(kind, data):
    return struct.pack('>HH', kind, len(data)) + data
def hello(name, more=b''):
    host = name.encode()
    sni = extension(0, struct.pack('>HBH', len(host) + 3, 0, len(host)) + host)
    all = sni + extension(43, b'\x02\x03\x04') + extension(10, b'\0\2\0\x1d') + more
    body = b'\3\3' + b'R' * 32 + b'\0' + b'\0\2\x13\1' + b'\1\0' + struct.pack('>H', len(all)) + all
    message = b'\1' + len(body).to_bytes(3, 'big') + body
    return b'\x16\3\1' + struct.pack('>H', len(message)) + message
import struct

s = dial('tls.allowed.example', 'PORT_TLS')
s.sendall(hello('tls.allowed.example')[:40])
print(hear(s, 9))
