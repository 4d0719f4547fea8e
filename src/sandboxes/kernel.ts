// The system calls that Node has no words for, through koffi; the only file that loads it.
//
// Loaded lazily: nothing but a live sandbox needs it, and it is for Linux alone.

import { createRequire } from 'node:module'
import { assert } from '../base/assert.ts'
import { OperatorError } from '../base/errors.ts'

/** The part of koffi that is used here. */
interface Koffi {
  load(path: string | null): { func(prototype: string): (...args: unknown[]) => number }
  errno(): number
}

export const AF_INET = 2
export const AF_INET6 = 10
export const AF_NETLINK = 16
export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SOCK_RAW = 3
const SOCK_CLOEXEC = 0o2000000
export const SOCK_NONBLOCK = 0o4000
const CLONE_NEWNET = 0x40000000
const NS_GET_USERNS = 0xb701
const NS_GET_PARENT = 0xb702

/** What a failed call left in errno, by the names that are asked for in this folder. */
export class SystemCallError extends Error {
  override name = 'SystemCallError'
  readonly errno: number
  constructor(call: string, errno: number) {
    super(`${call} failed with errno ${errno}`)
    this.errno = errno
  }
}

/** The three words of `socket(2)`. */
export interface SocketKind {
  readonly family: number
  readonly type: number
  readonly protocol: number
}

export interface Kernel {
  /** -1 and errno become a {@link SystemCallError} that names the call. */
  socket(family: number, type: number, protocol: number): number
  bind(fd: number, address: Uint8Array): void
  listen(fd: number, backlog: number): void
  setsockopt(fd: number, level: number, name: number, value: Uint8Array): void
  /** Bytes of the option, at most `size`. */
  getsockopt(fd: number, level: number, name: number, size: number): Uint8Array
  /** Bytes sent. Never blocks for the sockets made here. */
  sendto(fd: number, bytes: Uint8Array, address?: Uint8Array): number
  /** Bytes received into `into`; undefined when there is nothing to read. */
  recv(fd: number, into: Uint8Array): number | undefined
  close(fd: number): void
  /** The user namespace that owns the namespace of `fd`, as a file descriptor. */
  ownerNamespace(fd: number): number
  /** The parent of a user or process namespace, as a file descriptor; undefined for one outside of our own. */
  parentNamespace(fd: number): number | undefined
  /** Any system call by number; strings, buffers and numbers as they are. */
  syscall(name: string, number: number, ...args: (number | string | Uint8Array | null)[]): number
  /** Runs `make` with the calling thread inside the network namespace of `fd`; it must not wait for anything. */
  inNetwork<T>(fd: number, make: () => T): T
}

let loaded: Kernel | undefined

/** Loads the library once. Throws {@link OperatorError} where it cannot be had. */
export function kernel(): Kernel {
  loaded ??= open()
  return loaded
}

function open(): Kernel {
  let koffi: Koffi
  try {
    koffi = createRequire(import.meta.url)('koffi') as Koffi
  } catch (cause) {
    throw new OperatorError('environment', {
      what: 'The library for system calls (koffi) could not be loaded.',
      why: `A sandbox needs it; this is ${process.platform} ${process.arch}.`,
      fix: 'Install vigiles with its optional packages (npm ci without --omit=optional), on Linux x64 or arm64.',
      cause,
    })
  }
  const libc = koffi.load(null)
  const calls = {
    socket: libc.func('int socket(int, int, int)'),
    bind: libc.func('int bind(int, const uint8_t *, uint32_t)'),
    listen: libc.func('int listen(int, int)'),
    setsockopt: libc.func('int setsockopt(int, int, int, const uint8_t *, uint32_t)'),
    getsockopt: libc.func('int getsockopt(int, int, int, uint8_t *, uint32_t *)'),
    sendto: libc.func('long sendto(int, const uint8_t *, size_t, int, const uint8_t *, uint32_t)'),
    recv: libc.func('long recv(int, _Out_ uint8_t *, size_t, int)'),
    close: libc.func('int close(int)'),
    setns: libc.func('int setns(int, int)'),
    open: libc.func('int open(const char *, int)'),
    ioctl: libc.func('int ioctl(int, unsigned long, long)'),
  }
  const variadic = new Map<string, (...args: unknown[]) => number>()
  const checked = (call: string, result: number) => {
    if (result < 0) throw new SystemCallError(call, koffi.errno())
    return result
  }
  /** Written by the kernel: what is a typed array is handed over as it is. */
  const optionLength = new Uint32Array(1)
  const MSG_DONTWAIT = 0x40
  const EAGAIN = 11
  return {
    socket: (family, type, protocol) =>
      checked('socket', calls.socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol)),
    bind: (fd, address) => void checked('bind', calls.bind(fd, address, address.length)),
    listen: (fd, backlog) => void checked('listen', calls.listen(fd, backlog)),
    setsockopt: (fd, level, name, value) =>
      void checked('setsockopt', calls.setsockopt(fd, level, name, value, value.length)),
    getsockopt(fd, level, name, size) {
      const into = new Uint8Array(size)
      optionLength[0] = size
      checked('getsockopt', calls.getsockopt(fd, level, name, into, optionLength))
      return into.subarray(0, optionLength[0])
    },
    sendto: (fd, bytes, address) =>
      checked(
        'sendto',
        calls.sendto(fd, bytes, bytes.length, MSG_DONTWAIT, address ?? null, address?.length ?? 0),
      ),
    recv(fd, into) {
      const n = calls.recv(fd, into, into.length, MSG_DONTWAIT)
      if (n < 0 && koffi.errno() === EAGAIN) return undefined
      return checked('recv', n)
    },
    close: (fd) => void checked('close', calls.close(fd)),
    parentNamespace(fd) {
      const parent = calls.ioctl(fd, NS_GET_PARENT, 0)
      return parent < 0 ? undefined : parent
    },
    ownerNamespace: (fd) => checked('ioctl(NS_GET_USERNS)', calls.ioctl(fd, NS_GET_USERNS, 0)),
    syscall(name, number, ...args) {
      const types = args.map((arg) =>
        typeof arg === 'number' ? 'long' : typeof arg === 'string' ? 'const char *' : 'uint8_t *',
      )
      const prototype = `long syscall(long, ${types.join(', ')})`
      const call = variadic.get(prototype) ?? libc.func(prototype)
      variadic.set(prototype, call)
      return checked(name, call(number, ...args))
    },
    inNetwork(fd, make) {
      const own = checked('open', calls.open('/proc/thread-self/ns/net', 0))
      try {
        checked('setns', calls.setns(fd, CLONE_NEWNET))
        try {
          return make()
        } finally {
          // A thread left in the sandbox's network would dial from inside: better no process at all.
          if (calls.setns(own, CLONE_NEWNET) < 0) process.abort()
        }
      } finally {
        calls.close(own)
      }
    },
  }
}

/** Who is at the other end of a Unix socket (SO_PEERCRED). */
export function peerOf(calls: Kernel, socketFd: number): { pid: number; uid: number } | undefined {
  try {
    const credentials = new DataView(calls.getsockopt(socketFd, 1, 17, 12).buffer)
    return { pid: credentials.getInt32(0, littleEndian), uid: credentials.getInt32(4, littleEndian) }
  } catch (error) {
    if (error instanceof SystemCallError) return undefined
    throw error
  }
}

/** `struct sockaddr_in` or `sockaddr_in6` for the 4 or 16 bytes of an address. */
export function socketAddress(ip: Uint8Array, port: number): Uint8Array {
  assert(ip.length === 4 || ip.length === 16, 'an address has 4 or 16 bytes')
  const address = new Uint8Array(ip.length === 4 ? 16 : 28)
  const view = new DataView(address.buffer)
  view.setUint16(0, ip.length === 4 ? AF_INET : AF_INET6, littleEndian)
  view.setUint16(2, port)
  address.set(ip, ip.length === 4 ? 4 : 8)
  return address
}

/** An `int` as the kernel wants it in an option. */
export function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setInt32(0, value | 0, littleEndian)
  return bytes
}

export const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
