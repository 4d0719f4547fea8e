# Memory, root, descriptors and environment of processes that belong to others.
#: local
#: says ^none$
import os
own = set()
pid = os.getpid()
while pid > 1:
    own.add(pid)
    pid = int(open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()[1])
found = []
for pid in map(int, filter(str.isdigit, os.listdir('/proc'))):
    if pid in own: continue
    try:
        if os.stat(f'/proc/{pid}').st_uid == os.getuid() and 'attempts' in open(f'/proc/{pid}/cgroup').read(): pass
    except OSError: continue
    for name in ('mem', 'environ'):
        try:
            with open(f'/proc/{pid}/{name}', 'rb') as f:
                if name == 'environ' and not f.read(1): continue
            found.append((pid, name))
        except OSError: pass
    try:
        os.listdir(f'/proc/{pid}/root/')
        found.append((pid, 'root'))
    except OSError: pass
    for fd in range(8):
        try:
            os.readlink(f'/proc/{pid}/fd/{fd}')
            found.append((pid, fd))
        except OSError: pass
print(found or 'none')
