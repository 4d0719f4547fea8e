# Transports that no rule knows.
#: local
#: says ^(OSError|PermissionError) (OSError|PermissionError) (OSError|PermissionError)
import socket
said = []
for kind, protocol in ((socket.SOCK_STREAM, 132), (6, 33), (socket.SOCK_STREAM, 262)):
    try:
        s = socket.socket(socket.AF_INET, kind, protocol)
        said.append('made')
    except OSError as error:
        said.append(type(error).__name__)
print(*said)
