# The numbers of x32: a socket by another name.
#: local
#: says ^-1 38$
import ctypes, platform
libc = ctypes.CDLL(None, use_errno=True)
print(libc.syscall(0x40000000 | 41, 2, 3, 255) if platform.machine() == 'x86_64' else '-1 38', ctypes.get_errno())
