# Five thousand lookups of names that are denied, each another: counted, none lost.
#: dns blocked A n0.$ID.denied.example
import os, socket
for i in range(5000):
    try: socket.gethostbyname(f'n{i}.{os.environ["ID"]}.denied.example')
    except OSError: pass
