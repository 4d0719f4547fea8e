# Three megabytes to a host that may get one.
#: cut response budget.allowed.example:$PORT_HTTP
#: not 3145728$
head -c 3145728 /dev/zero | curl -sS -m 20 --data-binary @- -H 'Expect:' "http://budget.allowed.example:$PORT_HTTP/"
