# The loader starts the program.
#: refuse not-listed $ID.denied.example:80
loader=$(ls /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1 2>/dev/null | head -1)
exec "$loader" /usr/bin/curl -sS -m 20 "http://$ID.denied.example/"
