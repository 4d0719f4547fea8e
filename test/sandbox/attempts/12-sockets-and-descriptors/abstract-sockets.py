# Abstract sockets are of the network namespace: those of the machine are not there.
#: local
#: says ^none$
lines = [l.split()[-1] for l in open('/proc/net/unix').read().splitlines()[1:] if '@' in l]
print('none' if not lines else lines)
