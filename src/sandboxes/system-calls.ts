// Numbers of the system calls that are named here, from the kernel's tables for x86_64 and aarch64.

import { assert } from '../base/assert.ts'

export type Architecture = 'x64' | 'arm64'

/** [x86_64, aarch64]; undefined where there is none. */
const numbers = {
  open: [2, undefined],
  ioctl: [16, 29],
  socket: [41, 198],
  setsockopt: [54, 208],
  getsockopt: [55, 209],
  clone: [56, 220],
  creat: [85, undefined],
  chmod: [90, undefined],
  fchmod: [91, 52],
  ptrace: [101, 117],
  syslog: [103, 116],
  mknod: [133, undefined],
  uselib: [134, undefined],
  ustat: [136, undefined],
  sysfs: [139, undefined],
  vhangup: [153, 58],
  modify_ldt: [154, undefined],
  pivot_root: [155, 41],
  _sysctl: [156, undefined],
  chroot: [161, 51],
  acct: [163, 89],
  settimeofday: [164, 170],
  mount: [165, 40],
  umount2: [166, 39],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  iopl: [172, undefined],
  ioperm: [173, undefined],
  create_module: [174, undefined],
  init_module: [175, 105],
  delete_module: [176, 106],
  get_kernel_syms: [177, undefined],
  query_module: [178, undefined],
  quotactl: [179, 60],
  nfsservctl: [180, 42],
  lookup_dcookie: [212, 18],
  clock_settime: [227, 112],
  kexec_load: [246, 104],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  openat: [257, 56],
  mknodat: [259, 33],
  fchmodat: [268, 53],
  unshare: [272, 97],
  perf_event_open: [298, 241],
  fanotify_init: [300, 262],
  open_by_handle_at: [304, 265],
  clock_adjtime: [305, 266],
  setns: [308, 268],
  finit_module: [313, 273],
  memfd_create: [319, 279],
  kexec_file_load: [320, 294],
  bpf: [321, 280],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  pidfd_open: [434, 434],
  clone3: [435, 435],
  close_range: [436, 436],
  openat2: [437, 437],
  pidfd_getfd: [438, 438],
  mount_setattr: [442, 442],
  quotactl_fd: [443, 443],
  fchmodat2: [452, 452],
  open_tree_attr: [467, 467],
} as const satisfies Readonly<Record<string, readonly [number, number | undefined]>>

export type SystemCall = keyof typeof numbers

/** Undefined where the architecture has no such call. */
export function numberOn(architecture: Architecture, call: SystemCall): number | undefined {
  return numbers[call][architecture === 'x64' ? 0 : 1]
}

/** The number on this machine. */
export function systemCallNumber(call: SystemCall): number {
  const architecture = ownArchitecture()
  const number = architecture && numberOn(architecture, call)
  assert(number !== undefined, `${call} has a number on ${process.arch}`)
  return number
}

export function ownArchitecture(): Architecture | undefined {
  return process.arch === 'x64' || process.arch === 'arm64' ? process.arch : undefined
}
