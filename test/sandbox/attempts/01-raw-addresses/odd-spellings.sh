# One address in forms that only some programs read.
#: refuse raw-address 192.0.2.13:8001
#: refuse raw-address 192.0.2.14:8002
#: refuse raw-address 192.0.2.15:8003
#: refuse raw-address 192.0.2.16:8004
#: not outside
curl -sS -m 20 http://3221225997:8001/
curl -sS -m 20 http://0xc0.0.2.14:8002/
curl -sS -m 20 http://0300.0.2.15:8003/
curl -sS -m 20 http://192.0.528:8004/
