# Services that run other things: kubelet, API server, etcd, Docker, Redis, NFS.
#: in watched
#: refuse private-address 10.0.0.21:10250
#: refuse private-address 10.0.0.21:6443
#: refuse private-address 10.0.0.21:2379
#: refuse private-address 10.0.0.21:2375
#: refuse private-address 10.0.0.21:6379
#: refuse private-address 10.0.0.21:2049
#: refuse private-address 10.0.0.21:22555
#: finding probing.control-plane
import socket
for port in (10250, 6443, 2379, 2375, 6379, 2049, 22555):
    s = socket.socket()
    s.settimeout(10)
    s.connect_ex(('10.0.0.21', port))
