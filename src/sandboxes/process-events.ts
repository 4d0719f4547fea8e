// The kernel's reports of every start and end of a process (CONFIG_PROC_EVENTS, the netlink connector).

import { readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { AF_NETLINK, int32, type Kernel, kernel, littleEndian, SOCK_DGRAM } from './kernel.ts'
import { netlinkSocket } from './netlink-socket.ts'

const NETLINK_CONNECTOR = 11
const CN_IDX_PROC = 1
const PROC_CN_MCAST_LISTEN = 1
const answerMs = 200

/** Needs root, in the first of all user and network namespaces. Asks to listen: a kernel that can acknowledges. */
export async function hearsProcessEvents(): Promise<boolean> {
  const calls = kernel()
  let fd: number | undefined
  try {
    fd = subscribe(calls)
    const answer = new Uint8Array(4096)
    for (let waited = 0; waited < answerMs; waited += 5) {
      const length = calls.recv(fd, answer)
      if (length !== undefined) return length > 0
      await sleep(5)
    }
    return false
  } catch {
    return false
  } finally {
    if (fd !== undefined) calls.close(fd)
  }
}

/** Room for a burst of some ten thousand events; beyond it they are lost, which their numbers show. */
const bufferBytes = 8 * 1024 * 1024
const SOL_SOCKET = 1
const SO_RCVBUFFORCE = 33
const SOL_NETLINK = 270
const NETLINK_NO_ENOBUFS = 5

/**
 * Hands over every message from now on, as the kernel wrote it (see sensors/process-connector.ts). Undefined where
 * they can't be had: without root, in a container, or when the kernel does not know them.
 */
export async function openProcessEvents(
  onMessages: (bytes: Uint8Array) => void,
): Promise<{ close(): void } | undefined> {
  if (process.getuid?.() !== 0 || !inFirstPidNamespace() || !(await hearsProcessEvents())) return undefined
  const calls = kernel()
  const fd = subscribe(calls)
  try {
    calls.setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, int32(1))
    calls.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, int32(bufferBytes))
  } catch {} // A smaller buffer loses sooner, and says so.
  const socket = netlinkSocket(fd)
  socket.on('data', onMessages)
  socket.on('error', () => {})
  socket.unref()
  return { close: () => void socket.destroy() }
}

/** To all others the kernel does not answer at all, which would be waited for. Its number is fixed (PROC_PID_INIT_INO). */
function inFirstPidNamespace(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') === `pid:[${0xef_ff_ff_fc}]`
  } catch {
    return false
  }
}

function subscribe(calls: Kernel): number {
  const fd = calls.socket(AF_NETLINK, SOCK_DGRAM, NETLINK_CONNECTOR)
  try {
    calls.bind(fd, netlinkAddress(CN_IDX_PROC))
    calls.sendto(fd, listenRequest(), netlinkAddress(0))
    return fd
  } catch (error) {
    calls.close(fd)
    throw error
  }
}

/** `struct sockaddr_nl`: family, padding, process (0: the kernel), groups. */
function netlinkAddress(groups: number): Uint8Array {
  const bytes = new Uint8Array(12)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, AF_NETLINK, littleEndian)
  view.setUint32(8, groups, littleEndian)
  return bytes
}

/** `struct nlmsghdr` (16 bytes), `struct cn_msg` (20 bytes), and the operation. */
function listenRequest(): Uint8Array {
  const bytes = new Uint8Array(40)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length, littleEndian)
  view.setUint16(4, 3, littleEndian) // NLMSG_DONE
  view.setUint32(12, process.pid, littleEndian)
  view.setUint32(16, CN_IDX_PROC, littleEndian)
  view.setUint32(20, 1, littleEndian) // CN_VAL_PROC
  view.setUint16(32, 4, littleEndian) // Length of what follows.
  view.setUint32(36, PROC_CN_MCAST_LISTEN, littleEndian)
  return bytes
}
