# Half-open scans need packets of one's own.
#: in watched
#: local
#: needs nmap
#: says (root privileges|QUITTING|Operation not permitted|requires root)
nmap -sS -Pn -n -p 22 192.0.2.212
