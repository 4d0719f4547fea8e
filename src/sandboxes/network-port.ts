// The sockets that live inside a sandbox's network namespace and are held outside of it.

import type { Socket } from 'node:net'
import { canonicalIp, v4ToText } from '../base/ip.ts'
import type { BoxNetwork } from '../schema/box-network.ts'
import {
  AF_INET,
  AF_INET6,
  int32,
  type Kernel,
  SOCK_RAW,
  SOCK_STREAM,
  SystemCallError,
  socketAddress,
} from './kernel.ts'
import { openPacketLog, readPacketLog } from './packet-log.ts'
import { addresses, gatewayMark } from './rules.ts'
import { openSocketDiag } from './sockets.ts'

const SOL_SOCKET = 1
const SO_MARK = 36
const SOL_IP = 0
const SOL_IPV6 = 41
const IPV6_V6ONLY = 26
const SO_ORIGINAL_DST = 80
const IPPROTO_RAW = 255
const backlog = 4096

export interface NetworkFds {
  readonly listener: number
  readonly packetLog: number
  /** Raw sockets that carry the gateway's mark. The second is absent where the kernel has no IPv6. */
  readonly raw4: number
  readonly raw6: number | undefined
  /** Answers whose a socket is. */
  readonly socketDiag: number
}

/** Makes the sockets; the caller is inside the namespace, and may mark packets there. */
export function openNetworkFds(kernel: Kernel): NetworkFds {
  const listener = openListener(kernel)
  kernel.listen(listener, backlog)
  const raw = (family: number) => {
    const fd = kernel.socket(family, SOCK_RAW, IPPROTO_RAW)
    kernel.setsockopt(fd, SOL_SOCKET, SO_MARK, int32(gatewayMark))
    return fd
  }
  let raw6: number | undefined
  try {
    raw6 = raw(AF_INET6)
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error
  }
  return {
    listener,
    packetLog: openPacketLog(kernel),
    raw4: raw(AF_INET),
    raw6,
    socketDiag: openSocketDiag(kernel),
  }
}

/** Takes both families where the kernel has both: `redirect` sends each to its own loopback address. */
function openListener(kernel: Kernel): number {
  try {
    const fd = kernel.socket(AF_INET6, SOCK_STREAM, 0)
    kernel.setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, int32(0))
    kernel.bind(fd, socketAddress(new Uint8Array(16), listenerPort))
    return fd
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error
    const fd = kernel.socket(AF_INET, SOCK_STREAM, 0)
    kernel.bind(fd, socketAddress(Uint8Array.of(127, 0, 0, 1), listenerPort))
    return fd
  }
}

/** Inside the namespace only; a program that connects to it directly is no redirected connection, and is refused. */
export const listenerPort = 47_821

/** `pipe`: any pipe of Node's own; see {@link readPacketLog}. */
export function boxNetwork(kernel: Kernel, fds: NetworkFds, pipe: Socket): BoxNetwork {
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
      log = readPacketLog(fds.packetLog, pipe, onPacket, onLost)
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
