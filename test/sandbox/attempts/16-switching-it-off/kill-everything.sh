# Signals to all that it can see.
#: local
#: says ^still here$
kill -9 1 2>/dev/null
for pid in $(ls /proc | grep '^[0-9]*$'); do [ $pid != $$ ] && [ $pid -lt 10 ] && kill -9 $pid 2>/dev/null; done
echo still here
