# Attaches to the first process of the sandbox.
#: local
#: says ^-1
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(libc.ptrace(16, 1, 0, 0), ctypes.get_errno())
