# Nothing but the standard three, and none of them a door outside.
#: local
#: says ^none$
import os
found = []
for fd in os.listdir('/proc/self/fd'):
    try: target = os.readlink(f'/proc/self/fd/{fd}')
    except OSError: continue
    if int(fd) > 2 and not target.startswith('/proc/'): found.append((fd, target))
print(found or 'none')
