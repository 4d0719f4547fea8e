// The sockets that live inside a sandbox's network namespace and are held outside of it.

import type { Socket } from 'node:net'
import { assert } from '../base/assert.ts'
import { OperatorError } from '../base/errors.ts'
import { canonicalIp, v4ToText } from '../base/ip.ts'
import type { BoxNetwork } from '../schema/box-network.ts'
import {
  AF_INET,
  AF_INET6,
  int32,
  type Kernel,
  littleEndian,
  SOCK_RAW,
  SOCK_STREAM,
  type SocketKind,
  SystemCallError,
  socketAddress,
} from './kernel.ts'
import { openPacketLog, packetLogKind, readPacketLog } from './packet-log.ts'
import { addresses, gatewayMark } from './rules.ts'
import { openSocketDiag, socketDiagKind } from './sockets.ts'

const SOL_SOCKET = 1
const SO_MARK = 36
const SO_MEMINFO = 55
/** Of its nine numbers the last: SK_MEMINFO_DROPS. */
const droppedAt = 32
const SOL_IP = 0
const SOL_IPV6 = 41
const IPV6_V6ONLY = 26
const SO_ORIGINAL_DST = 80
const IPPROTO_RAW = 255
const backlog = 4096

/** What is made inside the namespace; all else about a socket can be done from outside. */
export const socketKinds = {
  listener6: { family: AF_INET6, type: SOCK_STREAM, protocol: 0 },
  listener4: { family: AF_INET, type: SOCK_STREAM, protocol: 0 },
  raw4: { family: AF_INET, type: SOCK_RAW, protocol: IPPROTO_RAW },
  raw6: { family: AF_INET6, type: SOCK_RAW, protocol: IPPROTO_RAW },
  packetLog: packetLogKind,
  socketDiag: socketDiagKind,
} as const satisfies Readonly<Record<string, SocketKind>>

/** File descriptors; those of IPv6 are absent where the kernel has none. */
export type NetworkSockets = Readonly<Record<keyof typeof socketKinds, number | undefined>>

export interface NetworkFds {
  readonly listener: number
  readonly packetLog: number
  /** Raw sockets that carry the gateway's mark. The second is absent where the kernel has no IPv6. */
  readonly raw4: number
  readonly raw6: number | undefined
  /** Answers whose a socket is. */
  readonly socketDiag: number
}

/** To be called inside the namespace. */
export function makeSockets(kernel: Kernel): NetworkSockets {
  const made = Object.entries(socketKinds).map(([name, { family, type, protocol }]) => {
    try {
      return [name, kernel.socket(family, type, protocol)] as const
    } catch (error) {
      if (error instanceof SystemCallError) return [name, undefined] as const
      throw error
    }
  })
  return Object.fromEntries(made) as Record<keyof typeof socketKinds, number | undefined>
}

/** Makes the sockets ready; the caller has the network administrator's rights over their namespace. */
export function openNetworkFds(kernel: Kernel, sockets: NetworkSockets): NetworkFds {
  const { raw4, raw6, packetLog, socketDiag } = sockets
  if (raw4 === undefined || packetLog === undefined || socketDiag === undefined) {
    const missing = Object.entries({ raw4, packetLog, socketDiag }).filter(([, fd]) => fd === undefined)
    throw new OperatorError('environment', {
      what: 'The network of the sandbox could not be set up.',
      why: `The kernel has no such sockets: ${missing.map(([name]) => name).join(', ')}.`,
      fix: 'Load the modules nfnetlink, nfnetlink_log and inet_diag, or use the distribution’s own kernel.',
    })
  }
  const listener = openListener(kernel, sockets)
  kernel.listen(listener, backlog)
  for (const fd of [raw4, raw6]) {
    if (fd !== undefined) kernel.setsockopt(fd, SOL_SOCKET, SO_MARK, int32(gatewayMark))
  }
  openPacketLog(kernel, packetLog)
  openSocketDiag(kernel, socketDiag)
  return { listener, packetLog, raw4, raw6, socketDiag }
}

/** Takes both families where the kernel has both, on all addresses: the rules choose among those of loopback. */
function openListener(kernel: Kernel, { listener6, listener4 }: NetworkSockets): number {
  if (listener6 !== undefined) {
    try {
      kernel.setsockopt(listener6, SOL_IPV6, IPV6_V6ONLY, int32(0))
      kernel.bind(listener6, socketAddress(new Uint8Array(16), listenerPort))
      if (listener4 !== undefined) kernel.close(listener4)
      return listener6
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error
      kernel.close(listener6)
    }
  }
  assert(listener4 !== undefined, 'a socket of IPv4 was made')
  kernel.bind(listener4, socketAddress(new Uint8Array(4), listenerPort))
  return listener4
}

/** Inside the namespace only; a program that connects to it directly is no redirected connection, and is refused. */
export const listenerPort = 47_821

export function boxNetwork(kernel: Kernel, fds: NetworkFds): BoxNetwork {
  let log: Socket | undefined
  return {
    addresses,
    listenFd: fds.listener,
    originalDestination(socketFd, version) {
      const bytes = kernel.getsockopt(socketFd, version === 4 ? SOL_IP : SOL_IPV6, SO_ORIGINAL_DST, 28)
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      return {
        ip: version === 4 ? v4ToText(view.getInt32(4)) : v6Text(bytes.subarray(8, 24)),
        port: view.getUint16(2),
      }
    },
    send(packet) {
      const six = (packet[0] ?? 0) >> 4 === 6
      const fd = six ? fds.raw6 : fds.raw4
      if (fd === undefined) return false
      try {
        kernel.sendto(fd, packet, socketAddress(six ? packet.subarray(24, 40) : packet.subarray(16, 20), 0))
        return true
      } catch (error) {
        if (error instanceof SystemCallError) return false
        throw error
      }
    },
    listen(onPacket, onLost) {
      log = readPacketLog(kernel, fds.packetLog, onPacket, onLost)
    },
    dropped() {
      const bytes = kernel.getsockopt(fds.packetLog, SOL_SOCKET, SO_MEMINFO, 36)
      return new DataView(bytes.buffer, bytes.byteOffset).getUint32(droppedAt, littleEndian)
    },
    close() {
      log?.destroy()
      kernel.close(fds.raw4)
      kernel.close(fds.socketDiag)
      if (fds.raw6 !== undefined) kernel.close(fds.raw6)
    },
  }
}

function v6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  )
  return canonicalIp(groups.join(':')) ?? ''
}
