# Own packets: the kernel refuses the socket.
#: local
#: says ^(PermissionError|OSError) .*(PermissionError|OSError) 
import socket
said = []
for family, kind, protocol in ((socket.AF_INET, socket.SOCK_RAW, 255), (socket.AF_PACKET, socket.SOCK_RAW, 768)):
    try:
        socket.socket(family, kind, protocol)
        said.append('made')
    except OSError as error:
        said.append(f'{type(error).__name__} {error}')
print(*said)
