# Asks for the machine's role.
#: in watched
#: refuse metadata-address 169.254.170.2:80
#: not AccessKey
curl -sS -m 20 http://169.254.170.2/v2/credentials/role
