# Mining by asking a node for work.
#: in watched
#: request blocked POST web.allowed.example/rpc-$ID
#: finding mining.stratum
import os, urllib.request
data = b'{"jsonrpc":"1.0","id":1,"method":"getblocktemplate","params":[{"rules":["segwit"]}]}'
urllib.request.urlopen(urllib.request.Request(f'http://web.allowed.example:{os.environ["PORT_HTTP"]}/rpc-{os.environ["ID"]}', data)).read()
