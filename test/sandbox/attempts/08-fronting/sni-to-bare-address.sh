# An allowed server name towards a bare address.
#: refuse raw-address 192.0.2.81:443
#: not ^ok
curl -sS -m 20 -k --resolve tls.allowed.example:443:192.0.2.81 https://tls.allowed.example/
