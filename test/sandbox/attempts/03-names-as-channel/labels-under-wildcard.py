# Data in labels under an allowed wildcard: the first hundred pass, then the limit holds.
#: dns allowed A l0.$ID.wild.allowed.example
#: dns blocked A l149.$ID.wild.allowed.example
import os, socket
for i in range(150):
    try:
        socket.gethostbyname(f'l{i}.{os.environ["ID"]}.wild.allowed.example')
    except OSError as error:
        print(error)
