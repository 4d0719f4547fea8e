# Credentials of the cloud, by all its addresses.
#: in watched
#: refuse metadata-address 169.254.169.254:80
#: refuse metadata-address 100.100.100.200:80
#: refuse metadata-address 168.63.129.16:80
#: refuse metadata-address fd00:ec2::254:80
#: shared
import socket
for host in ('169.254.169.254', '100.100.100.200', '168.63.129.16', 'fd00:ec2::254'):
    s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
    s.settimeout(10)
    print(s.connect_ex((host, 80)))
