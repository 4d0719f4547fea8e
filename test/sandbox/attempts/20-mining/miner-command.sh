# A command line with a pool in it; the program is not there.
#: in watched
#: finding mining.command
xmrig -o stratum+tcp://$ID.denied.example:3333 -u wallet -p x
