# Guesses names under a domain.
#: in watched
#: dns blocked A vpn.$ID.denied.example
#: dns blocked A ldap.$ID.denied.example
import os, socket
for word in 'www mail vpn git ldap dev test stage admin api internal db backup jenkins wiki'.split():
    socket.gethostbyname(f'{word}.{os.environ["ID"]}.denied.example')
