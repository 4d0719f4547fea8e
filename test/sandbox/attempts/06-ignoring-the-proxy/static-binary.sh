# A program without a libc to hook: busybox, statically linked.
#: needs busybox
#: refuse not-listed $ID.denied.example:80
busybox wget -T 20 -O - "http://$ID.denied.example/"
