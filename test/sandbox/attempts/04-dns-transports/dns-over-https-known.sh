# DoH to a public resolver, by name and by address.
#: refuse not-listed dns.google:443
#: refuse raw-address 8.8.4.4:443
#: not Status
curl -sS -m 20 'https://dns.google/resolve?name=x.example'
curl -sS -m 20 'https://8.8.4.4/resolve?name=x.example'
