# nmap over all kinds of ports of one address: none looks open, all are refused and recorded.
#: in watched
#: needs nmap
#: refuse raw-address 192.0.2.211:22
#: refuse raw-address 192.0.2.211:6443
#: not open
#: finding probing.scan
nmap -sT -Pn -n --max-retries 1 -p 21,22,23,25,80,110,111,139,143,443,445,993,995,1723,2375,2379,3306,3389,5900,6379,6443,8080,10250 192.0.2.211
