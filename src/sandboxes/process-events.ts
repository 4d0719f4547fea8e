// Whether the kernel reports every start and end of a process (CONFIG_PROC_EVENTS, the netlink connector).

import { setTimeout as sleep } from 'node:timers/promises'
import { AF_NETLINK, kernel, littleEndian, SOCK_DGRAM } from './kernel.ts'

const NETLINK_CONNECTOR = 11
const CN_IDX_PROC = 1
const PROC_CN_MCAST_LISTEN = 1
const answerMs = 200

/** Needs root, in the first of all user and network namespaces. Asks to listen: a kernel that can acknowledges. */
export async function hearsProcessEvents(): Promise<boolean> {
  const calls = kernel()
  let fd: number | undefined
  try {
    fd = calls.socket(AF_NETLINK, SOCK_DGRAM, NETLINK_CONNECTOR)
    calls.bind(fd, netlinkAddress(CN_IDX_PROC))
    calls.sendto(fd, listenRequest(), netlinkAddress(0))
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
