# Its own pid into the control group of another call.
#: local
#: says ^none$
import glob, os
wrote = []
for pattern in ('/sys/fs/cgroup/vigiles/*/*/cgroup.procs', '/sys/fs/cgroup/unified/vigiles/*/*/cgroup.procs', '/sys/fs/cgroup/**/cgroup.procs'):
    for path in glob.glob(pattern, recursive=True)[:50]:
        try:
            open(path, 'w').write('0')
            wrote.append(path)
        except OSError: pass
print(wrote or 'none')
