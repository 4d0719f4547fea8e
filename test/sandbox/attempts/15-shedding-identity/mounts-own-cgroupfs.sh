# Mounts the control groups in namespaces of its own, and looks for another call's.
#: local
#: not moved
unshare -UrmC sh -c 'mkdir -p /tmp/cg && mount -t cgroup2 none /tmp/cg && find /tmp/cg -name cgroup.procs | while read f; do echo 0 > $f && echo moved $f; done' 2>&1 | grep -v Permission | head -3
echo done
