# Three megabytes to a host that may get one.
#: hole the limits bytesOutPerHost and bytesOutPerCall are read and not yet counted at the gateway
#: cut limit budget.allowed.example:$PORT_HTTP
#: not 3145728$
head -c 3145728 /dev/zero | curl -sS -m 20 --data-binary @- -H 'Expect:' "http://budget.allowed.example:$PORT_HTTP/"
