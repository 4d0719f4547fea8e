# A ring, through which sockets could be opened unseen.
#: local
#: says ^-1 (38|1)$
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(libc.syscall(425, 8, ctypes.create_string_buffer(120)), ctypes.get_errno())
