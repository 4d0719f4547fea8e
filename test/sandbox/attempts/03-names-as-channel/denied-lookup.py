# Only looks up; no resolver outside may hear of it.
#: dns blocked A secret-in-$ID.denied.example
#: says 198\.18\.
import os, socket
print(socket.gethostbyname('secret-in-' + os.environ['ID'] + '.denied.example'))
