# An own /etc/hosts; programs have others ways to choose an address, and all end at a bare address.
#: refuse raw-address 192.0.2.61:80
#: not outside
echo '192.0.2.61 web.allowed.example' >> /etc/hosts
curl -sS -m 20 --resolve web.allowed.example:80:192.0.2.61 http://web.allowed.example/
