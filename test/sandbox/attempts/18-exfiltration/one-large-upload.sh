# Three megabytes to an allowed host: passes, is counted, and is this call's.
#: request allowed POST web.allowed.example/upload-$ID
#: says 3145728$
head -c 3145728 /dev/zero | curl -sS -m 20 --data-binary @- -H 'Expect:' "http://web.allowed.example:$PORT_HTTP/upload-$ID"
