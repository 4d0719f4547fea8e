import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allow } from './bpf.ts'
import { ownSeccompProgram, seccompProgram } from './seccomp.ts'
import { numberOn, type SystemCall } from './system-calls.ts'

const python = '/usr/bin/python3'
const bubblewrap = '/usr/bin/bwrap'
const filtered = (argv: string[], program: Uint8Array, folder: string) => {
  const file = join(folder, 'program')
  writeFileSync(file, program)
  const fd = openSync(file, 'r')
  try {
    const run = spawnSync(
      bubblewrap,
      [
        '--unshare-user',
        '--uid',
        '1000',
        '--gid',
        '1000',
        '--dev-bind',
        '/',
        '/',
        '--cap-drop',
        'ALL',
        '--seccomp',
        '3',
        '--',
        ...argv,
      ],
      { stdio: ['ignore', 'pipe', 'pipe', fd], encoding: 'utf8' },
    )
    return { status: run.status, signal: run.signal, out: run.stdout.trim(), err: run.stderr.trim() }
  } finally {
    closeSync(fd)
  }
}

const works =
  ownSeccompProgram() !== undefined &&
  existsSync(python) &&
  spawnSync(bubblewrap, ['--unshare-user', '--dev-bind', '/', '/', 'true']).status === 0

const prelude = `
import ctypes, errno, os, socket, struct, sys, tempfile
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    ctypes.set_errno(0)
    r = libc.syscall(ctypes.c_long(number), *[a if isinstance(a, bytes) else ctypes.c_long(a) for a in args])
    return 'ok' if r >= 0 else errno.errorcode[ctypes.get_errno()]
def tried(f):
    try:
        f()
        return 'ok'
    except OSError as e:
        return errno.errorcode[e.errno]
os.chdir(tempfile.mkdtemp())
`

describe.skipIf(!works)('a filtered program, on a machine with bubblewrap and Python', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'seccomp-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64'
  const n = (call: SystemCall) => String(numberOn(architecture, call))
  const python3 = (code: string, options = {}) =>
    filtered([python, '-c', prelude + code], seccompProgram(architecture, options), folder)
  const says = (expression: string, options = {}) => {
    const run = python3(`print(${expression})`, options)
    return run.out === '' ? `${run.status} ${run.signal} ${run.err}` : run.out
  }

  for (const [what, expression, answer] of [
    ['io_uring', `call(${n('io_uring_setup')}, 8, bytes(120))`, 'ENOSYS'],
    ['BPF programs', `call(${n('bpf')}, 0, bytes(64), 64)`, 'EPERM'],
    ['modules', `call(${n('finit_module')}, 0, b'', 0)`, 'EPERM'],
    ['another kernel', `call(${n('kexec_load')}, 0, 0, 0, 0)`, 'EPERM'],
    ['keyrings', `call(${n('keyctl')}, 0, -3, 0)`, 'EPERM'],
    ['page faults by hand', `call(${n('userfaultfd')}, 1)`, 'EPERM'],
    ['performance events', `call(${n('perf_event_open')}, bytes(128), 0, -1, -1, 0)`, 'EPERM'],
    ['files by handle', `call(${n('open_by_handle_at')}, -100, bytes(64), 0)`, 'EPERM'],
    ['the log of the kernel', `call(${n('syslog')}, 10, 0, 0)`, 'EPERM'],
    ['setting the clock', `call(${n('clock_settime')}, 0, bytes(16))`, 'EPERM'],
    ['typing into the terminal', `call(${n('ioctl')}, 0, 0x5412, b'x')`, 'EPERM'],
    ['typing into the terminal with high bits set', `call(${n('ioctl')}, 0, 0x1_0000_5412, b'x')`, 'EPERM'],
    ['pasting into a console', `call(${n('ioctl')}, 0, 0x541c, bytes([3]))`, 'EPERM'],
    ['packet sockets', `call(${n('socket')}, 17, 3, 0)`, 'EAFNOSUPPORT'],
    ['sockets to the hypervisor', `call(${n('socket')}, 40, 1, 0)`, 'EAFNOSUPPORT'],
    ['crypto sockets', `call(${n('socket')}, 38, 5, 0)`, 'EAFNOSUPPORT'],
    ['Bluetooth', `call(${n('socket')}, 31, 3, 0)`, 'EAFNOSUPPORT'],
    ['SCTP', `call(${n('socket')}, 2, 1, 132)`, 'EPROTONOSUPPORT'],
    ['DCCP', `call(${n('socket')}, 10, 6, 33)`, 'EPROTONOSUPPORT'],
    [
      'several datagrams in one',
      `tried(lambda: socket.socket(2, 2).setsockopt(17, 103, 1200))`,
      'ENOPROTOOPT',
    ],
    ['netfilter', `call(${n('socket')}, 16, 3, 12)`, 'EPROTONOSUPPORT'],
    [
      'a set-user-ID file by chmod',
      `(open('a', 'w').close(), tried(lambda: os.chmod('a', 0o4755)))[1]`,
      'EPERM',
    ],
    ['a set-user-ID file by open', `tried(lambda: os.open('b', os.O_CREAT | os.O_WRONLY, 0o4755))`, 'EPERM'],
    ['a set-group-ID file by open', `tried(lambda: os.open('c', os.O_CREAT, 0o2755))`, 'EPERM'],
    ['openat2', `call(${n('openat2')}, -100, b'.', bytes(24), 24)`, 'ENOSYS'],
  ] as const) {
    it(`is refused ${what}`, () => {
      expect(says(expression)).toBe(answer)
    })
  }

  it.skipIf(process.arch !== 'x64')('is refused the numbers of the x32 interface', () => {
    expect(says(`call(0x40000000 + 39)`)).toBe('ENOSYS')
  })

  it.skipIf(process.arch !== 'x64')('is refused 32-bit system calls', () => {
    // mov eax, 20 (getpid of i386); int 0x80; ret
    const code = `
import mmap
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex('b814000000cd80c3'))
f = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
print(f())
`
    // A kernel without 32-bit calls sends a signal instead; an id of a process would be above zero.
    const { out, signal, status } = python3(code)
    expect(out === '-38' || signal !== null || (status ?? 0) >= 128, out).toBe(true)
  })

  it('has ordinary sockets, files and threads', () => {
    const code = `
import threading, subprocess
a, b = socket.socketpair()
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            socket.socket(family, kind).close()
        except OSError as e:
            if family != socket.AF_INET6: raise
socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()
open('x', 'w').write('1'); os.chmod('x', 0o755); os.mkdir('d', 0o1777)
t = threading.Thread(target=lambda: print('thread')); t.start(); t.join()
print(subprocess.run(['true']).returncode)
`
    expect(python3(code)).toMatchObject({ out: 'thread\n0', status: 0 })
  })

  it('may make namespaces of its own unless the policy forbids it', () => {
    const nested = ['bwrap', '--unshare-all', '--dev-bind', '/', '/', '--', 'true']
    const usual = filtered(nested, seccompProgram(architecture), folder)
    expect([usual.status, usual.err]).toEqual([0, ''])
    expect(
      filtered(nested, seccompProgram(architecture, { nestedNamespaces: 'deny' }), folder).status,
    ).not.toBe(0)
    const unshare = `call(${n('unshare')}, 0x10000000)`
    expect(says(unshare, { nestedNamespaces: 'deny' })).toBe('EPERM')
    // Threads and processes are made without them all the same.
    expect(
      python3(`import subprocess, threading; threading.Thread(target=print, args=('up',)).start()`, {
        nestedNamespaces: 'deny',
      }).out,
    ).toBe('up')
  })

  it('gets io_uring back where the policy says so', () => {
    expect(says(`call(${n('io_uring_setup')}, 8, bytes(120))`, { ioUring: 'allow' })).not.toBe('ENOSYS')
  })
})

/** What the kernel would answer: only the instructions that are made here. */
function run(program: Uint8Array, data: { nr: number; arch: number; args: number[] }): number {
  const view = new DataView(program.buffer)
  const word = (offset: number) => {
    if (offset === 0) return data.nr >>> 0
    if (offset === 4) return data.arch >>> 0
    return data.args[(offset - 16) / 8]! >>> 0
  }
  let a = 0
  for (let at = 0; ; at++) {
    const code = view.getUint16(at * 8, true)
    const [jt, jf, k] = [
      view.getUint8(at * 8 + 2),
      view.getUint8(at * 8 + 3),
      view.getUint32(at * 8 + 4, true),
    ]
    if (code === 0x06) return k
    if (code === 0x20) a = word(k)
    else if (code === 0x15) at += a === k ? jt : jf
    else if (code === 0x35) at += a >= k ? jt : jf
    else if (code === 0x45) at += (a & k) !== 0 ? jt : jf
    else throw new Error(`unknown instruction ${code}`)
  }
}

describe('the program', () => {
  const arch = { x64: 0xc000003e, arm64: 0xc00000b7 } as const
  const word = fc.integer({ min: 0, max: 0xffffffff })
  const call = fc.record({ nr: word, args: fc.array(word, { minLength: 6, maxLength: 6 }) })

  for (const architecture of ['x64', 'arm64'] as const) {
    const program = seccompProgram(architecture)

    it(`ends with an answer for every call on ${architecture}`, () => {
      fc.assert(
        fc.property(call, word, (data, other) => {
          const answer = run(program, { ...data, arch: other })
          expect(answer === allow || answer >>> 16 === 5).toBe(true)
          if (other !== arch[architecture]) expect(answer).toBe(0x50000 | 38)
        }),
      )
    })

    it(`lets calls through that it does not know on ${architecture}`, () => {
      const read = architecture === 'x64' ? 0 : 63
      expect(run(program, { nr: read, arch: arch[architecture], args: [0, 0, 0, 0, 0, 0] })).toBe(allow)
      expect(run(program, { nr: 460, arch: arch[architecture], args: [0, 0, 0, 0, 0, 0] })).toBe(allow)
    })

    it(`refuses io_uring and VSOCK by their numbers on ${architecture}`, () => {
      const ask = (name: SystemCall, ...args: number[]) =>
        run(program, {
          nr: numberOn(architecture, name)!,
          arch: arch[architecture],
          args: [...args, 0, 0, 0, 0, 0, 0],
        })
      expect(ask('io_uring_setup')).toBe(0x50000 | 38)
      expect(ask('socket', 40, 1, 0)).toBe(0x50000 | 97)
      expect(ask('socket', 2, 1, 6)).toBe(allow)
      expect(ask('fchmodat', 0, 0, 0o4711)).toBe(0x50000 | 1)
      expect(ask('openat', 0, 0, 0, 0o4711)).toBe(allow)
    })
  }
})
