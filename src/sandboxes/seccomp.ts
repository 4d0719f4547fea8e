// Which system calls a sandboxed program may make: all that ordinary programs, debuggers and nested sandboxes need.
//
// What is refused gives an error and kills nobody: programs have ways round a call that is not there. Refused is what
// reaches past the sandbox (the kernel itself, the clock, keys, a terminal outside), what opens other ways to the
// network than the gateway sees, and what makes a file in the work folder powerful outside. Allowed on purpose:
// `ptrace` and its kin, which the user namespace of each command confines to that command; namespaces and mounts, as
// Codex, srt and Chromium bring sandboxes of their own and get no power over ours by it; `personality`, for debuggers.

import { allow, assemble, errno, give, type Instruction, load, offsets, unlessOneOf, when } from './bpf.ts'
import { type Architecture, numberOn, ownArchitecture, type SystemCall } from './system-calls.ts'

export interface SeccompOptions {
  /** `allow` by default: agents and browsers bring sandboxes of their own. */
  readonly nestedNamespaces?: 'allow' | 'deny'
  /** `deny` by default: its requests are seen by no filter of system calls. */
  readonly ioUring?: 'allow' | 'deny'
}

const EPERM = 1
const ENOSYS = 38
const ENOPROTOOPT = 92
const EPROTONOSUPPORT = 93
const EAFNOSUPPORT = 97

const auditArchitecture: Readonly<Record<Architecture, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 }
/** Numbers of the x32 interface: other numbers for the same calls, so that a filter by number misses them. */
const x32Bit = 0x40000000

const refused: readonly SystemCall[] = [
  // The kernel itself.
  ...(['kexec_load', 'kexec_file_load', 'reboot', 'init_module', 'finit_module', 'delete_module'] as const),
  ...(['create_module', 'get_kernel_syms', 'query_module', 'bpf', 'perf_event_open', 'userfaultfd'] as const),
  ...([
    'iopl',
    'ioperm',
    'swapon',
    'swapoff',
    'acct',
    'quotactl',
    'quotactl_fd',
    'syslog',
    'vhangup',
  ] as const),
  ...(['uselib', 'ustat', 'sysfs', '_sysctl', 'nfsservctl', 'lookup_dcookie'] as const),
  // Times are evidence.
  ...(['settimeofday', 'clock_settime', 'clock_adjtime'] as const),
  // Keys of the user's session are shared between namespaces.
  ...(['add_key', 'request_key', 'keyctl'] as const),
  // Files by handle are outside of every mount.
  ...(['open_by_handle_at', 'fanotify_init'] as const),
]

/** Also called by programs that can do without: these say that there is no such call. */
const absent: readonly SystemCall[] = ['io_uring_setup', 'io_uring_enter', 'io_uring_register']

const TIOCSTI = 0x5412
const TIOCLINUX = 0x541c

const AF_UNIX = 1
const AF_INET = 2
const AF_INET6 = 10
const AF_NETLINK = 16
const NETLINK_ROUTE = 0
/** DCCP, L2TP, SCTP, UDP-Lite and MPTCP: transports that no rule of the gateway knows. */
const otherTransports = [33, 115, 132, 136, 262]

const SOL_UDP = 17
const UDP_SEGMENT = 103

const S_ISUID_S_ISGID = 0o6000
const O_CREAT = 0o100
const O_TMPFILE_BIT = 0o20000000
/** CLONE_NEW*: time, mount, cgroup, uts, ipc, user, pid and network namespaces. */
const namespaceFlags =
  0x00000080 | 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
/** For `clone`, whose lowest byte is the signal at exit. */
const cloneNamespaceFlags = namespaceFlags & ~0xff

/** The program, ready for bubblewrap's `--seccomp`. */
export function seccompProgram(architecture: Architecture, options: SeccompOptions = {}): Uint8Array {
  return assemble(seccompInstructions(architecture, options))
}

/** Undefined where no program is known for the machine's processor. */
export function ownSeccompProgram(options: SeccompOptions = {}): Uint8Array | undefined {
  const architecture = ownArchitecture()
  return architecture && seccompProgram(architecture, options)
}

function seccompInstructions(architecture: Architecture, options: SeccompOptions): Instruction[] {
  const { nestedNamespaces = 'allow', ioUring = 'deny' } = options
  const call = (name: SystemCall, then: readonly Instruction[]) => {
    const number = numberOn(architecture, name)
    return number === undefined ? [] : when('equal', number, then)
  }
  const all = (names: readonly SystemCall[], action: number) =>
    names.flatMap((name) => call(name, [give(action)]))
  return [
    load(offsets.architecture),
    // `int 0x80` and 32-bit programs: their numbers mean other calls.
    ...unlessOneOf([auditArchitecture[architecture]], [give(errno(ENOSYS))]),
    load(offsets.number),
    ...(architecture === 'x64' ? when('at-least', x32Bit, [give(errno(ENOSYS))]) : []),
    ...call('ioctl', [
      load(offsets.argument(1)),
      ...when('equal', TIOCSTI, [give(errno(EPERM))]),
      ...when('equal', TIOCLINUX, [give(errno(EPERM))]),
      give(allow),
    ]),
    ...call('socket', sockets),
    // Many datagrams in one: the gateway would see one. QUIC programs ask, and send them one by one then.
    ...['setsockopt' as const, 'getsockopt' as const].flatMap((name) => call(name, segments)),
    ...filesForOthers(call),
    ...all(refused, errno(EPERM)),
    ...(ioUring === 'deny' ? all(absent, errno(ENOSYS)) : []),
    ...(nestedNamespaces === 'deny' ? noNamespaces(call, all) : []),
    give(allow),
  ]
}

const sockets: readonly Instruction[] = [
  load(offsets.argument(0)),
  ...when('equal', AF_UNIX, [give(allow)]),
  ...when('equal', AF_NETLINK, [
    load(offsets.argument(2)),
    ...when('equal', NETLINK_ROUTE, [give(allow)]),
    give(errno(EPROTONOSUPPORT)),
  ]),
  // VSOCK, PACKET, ALG, KEY, BLUETOOTH, CAN, TIPC, XDP…
  ...unlessOneOf([AF_INET, AF_INET6], [give(errno(EAFNOSUPPORT))]),
  load(offsets.argument(2)),
  ...otherTransports.flatMap((protocol) => when('equal', protocol, [give(errno(EPROTONOSUPPORT))])),
  give(allow),
]

const segments: readonly Instruction[] = [
  load(offsets.argument(1)),
  ...unlessOneOf([SOL_UDP], [give(allow)]),
  load(offsets.argument(2)),
  ...when('equal', UDP_SEGMENT, [give(errno(ENOPROTOOPT))]),
  give(allow),
]

type Call = (name: SystemCall, then: readonly Instruction[]) => Instruction[]

/** A program with the set-user-ID bit in the work folder would run outside as its owner, who may be root. */
function filesForOthers(call: Call): Instruction[] {
  const mode = (index: number) => [
    load(offsets.argument(index)),
    ...when('any-bit', S_ISUID_S_ISGID, [give(errno(EPERM))]),
    give(allow),
  ]
  const created = (flags: number, index: number) => [
    load(offsets.argument(flags)),
    // Without these the mode is whatever the register held.
    ...when('any-bit', O_CREAT | O_TMPFILE_BIT, mode(index)),
    give(allow),
  ]
  return [
    ...call('open', created(1, 2)),
    ...call('openat', created(2, 3)),
    ...call('creat', mode(1)),
    ...call('chmod', mode(1)),
    ...call('fchmod', mode(1)),
    ...call('fchmodat', mode(2)),
    ...call('mknod', mode(1)),
    ...call('mknodat', mode(2)),
    ...call('fchmodat2', mode(2)),
    // Its mode stands in memory, where no filter can look; all that use it have `openat` to fall back on.
    ...call('openat2', [give(errno(ENOSYS))]),
  ]
}

function noNamespaces(
  call: Call,
  all: (names: readonly SystemCall[], action: number) => Instruction[],
): Instruction[] {
  const flags = (bits: number) => [
    load(offsets.argument(0)),
    ...when('any-bit', bits, [give(errno(EPERM))]),
    give(allow),
  ]
  return [
    ...call('clone', flags(cloneNamespaceFlags)),
    ...call('unshare', flags(namespaceFlags)),
    // Its flags stand in memory; the C library goes on with `clone`.
    ...call('clone3', [give(errno(ENOSYS))]),
    ...all(
      [
        'setns',
        'mount',
        'umount2',
        'pivot_root',
        'open_tree',
        'open_tree_attr',
        'move_mount',
        'fsopen',
        'fsconfig',
      ],
      errno(EPERM),
    ),
    ...all(['fsmount', 'fspick', 'mount_setattr'], errno(EPERM)),
  ]
}
