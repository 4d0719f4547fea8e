# The 32-bit way into the kernel: socketcall is not there.
#: local
#: says ^-38$
import ctypes, mmap, platform
if platform.machine() != 'x86_64': print(-38); raise SystemExit
code = mmap.mmap(-1, 4096, prot=7)
# push rbx; mov eax, 359 (socket); mov ebx, 2; mov ecx, 1; xor edx, edx; int 0x80; pop rbx; ret
code.write(bytes.fromhex('53b867010000bb02000000b90100000031d2cd805bc3'))
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))())
