// The kernel's packet log (NFLOG) of a network namespace, read from outside of it.
//
// Netlink messages of nfnetlink_log (linux/netfilter/nfnetlink_log.h), all numbers of the payload big-endian.

import type { Socket } from 'node:net'
import type { FirstPacket } from '../schema/box-network.ts'
import {
  AF_NETLINK,
  int32,
  type Kernel,
  littleEndian,
  SOCK_RAW,
  type SocketKind,
  SystemCallError,
} from './kernel.ts'
import { netlinkSocket } from './netlink-socket.ts'
import { logGroup } from './rules.ts'

const NETLINK_NETFILTER = 12
const SOL_SOCKET = 1
const SO_RCVBUF = 8
const SO_RCVBUFFORCE = 33
const SOL_NETLINK = 270
const NETLINK_NO_ENOBUFS = 5
const NFNL_SUBSYS_ULOG = 4
const messages = { packet: NFNL_SUBSYS_ULOG << 8, config: (NFNL_SUBSYS_ULOG << 8) | 1 } as const
const config = { command: 1, mode: 2, queueThreshold: 5, flags: 6 } as const
const attribute = { mark: 2, payload: 9, prefix: 10, sequence: 12 } as const
/** Room for a burst of some ten thousand packets; beyond it they are lost, counted, and the programs send again. */
const bufferBytes = 16 * 1024 * 1024
/** The longest packet that is logged whole, and what is said of it; rules say where less is wanted. */
const packetBytesMax = 0xfff0
const messageBytesMax = packetBytesMax + 1024
/** Packets read in one turn, and milliseconds it may take; between turns, connections that are open get theirs. */
const atOnce = 1_024
const turnMs = 8

export const packetLogKind: SocketKind = { family: AF_NETLINK, type: SOCK_RAW, protocol: NETLINK_NETFILTER }

/** The caller has the network administrator's rights over the socket's namespace. */
export function openPacketLog(kernel: Kernel, fd: number): void {
  const address = new Uint8Array(12)
  new DataView(address.buffer).setUint16(0, AF_NETLINK, littleEndian)
  kernel.bind(fd, address)
  kernel.setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, int32(1))
  try {
    kernel.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, int32(bufferBytes))
  } catch {
    // Root of the machine alone may pass net.core.rmem_max (208 KiB as a rule: some hundred packets).
    kernel.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, int32(bufferBytes))
  }
  kernel.sendto(fd, configMessage(config.command, [1])) // NFULNL_CFG_CMD_BIND
  // NFULNL_COPY_PACKET
  kernel.sendto(fd, configMessage(config.mode, [0, 0, packetBytesMax >> 8, packetBytesMax & 255, 2, 0]))
  kernel.sendto(fd, configMessage(config.queueThreshold, [0, 0, 0, 1])) // Each packet at once.
  kernel.sendto(fd, configMessage(config.flags, [0, 1])) // Numbered, so that losses show.
}

function configMessage(type: number, value: readonly number[]): Uint8Array {
  const padded = Math.ceil(value.length / 4) * 4
  const message = new Uint8Array(24 + padded)
  const view = new DataView(message.buffer)
  view.setUint32(0, message.length, littleEndian)
  view.setUint16(4, messages.config, littleEndian)
  view.setUint16(6, 1, littleEndian) // NLM_F_REQUEST
  view.setUint16(18, logGroup)
  view.setUint16(20, 4 + value.length, littleEndian)
  view.setUint16(22, type, littleEndian)
  message.set(value, 24)
  return message
}

/** Calls `onPacket` for every packet that is logged from now on, `onLost` with how many the kernel dropped before one. */
export function readPacketLog(
  kernel: Kernel,
  fd: number,
  onPacket: (packet: FirstPacket) => void,
  onLost: (count: number) => void,
): Socket {
  const socket = netlinkSocket(fd)
  let expected = 0
  const take = (bytes: Uint8Array) => {
    for (const { packet, sequence } of packetsIn(bytes)) {
      if (sequence > expected) onLost(sequence - expected)
      expected = sequence + 1
      onPacket(packet)
    }
  }
  const more = new Uint8Array(messageBytesMax)
  socket.on('data', (bytes: Uint8Array) => {
    take(bytes)
    // Node reads one message in each turn of its event loop; a burst would wait for as many turns.
    const until = performance.now() + turnMs
    for (let i = 0; i < atOnce && !socket.destroyed && performance.now() < until; i++) {
      const length = received(kernel, fd, more)
      if (length === 0) return
      take(more.subarray(0, length))
    }
  })
  socket.on('error', () => {}) // The namespace is gone: so is everything that could send.
  return socket
}

/** 0 when there is nothing to read, now or ever. */
function received(kernel: Kernel, fd: number, into: Uint8Array): number {
  try {
    return kernel.recv(fd, into) ?? 0
  } catch (error) {
    if (error instanceof SystemCallError) return 0
    throw error
  }
}

/** The packets of one read; what is no packet (acknowledgements) is passed over. */
export function* packetsIn(bytes: Uint8Array): Generator<{ packet: FirstPacket; sequence: number }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  while (at + 20 <= bytes.length) {
    const length = view.getUint32(at, littleEndian)
    if (length < 16 || at + length > bytes.length) return
    if (view.getUint16(at + 4, littleEndian) === messages.packet)
      yield readMessage(bytes, view, at + 20, at + length)
    at += (length + 3) & ~3
  }
}

/** By the first letter of the prefix in the rules. */
const scopes: Readonly<Record<number, FirstPacket['scope']>> = { 108: 'local', 114: 'relayed' }

function readMessage(bytes: Uint8Array, view: DataView, from: number, to: number) {
  let unit = 0
  let scope: FirstPacket['scope'] = 'outside'
  let payload = bytes.subarray(0, 0)
  let sequence = 0
  for (let at = from; at + 4 <= to; ) {
    const length = view.getUint16(at, littleEndian)
    if (length < 4 || at + length > to) break
    const type = view.getUint16(at + 2, littleEndian) & 0x7fff
    if (type === attribute.mark) unit = view.getUint32(at + 4)
    else if (type === attribute.payload) payload = bytes.subarray(at + 4, at + length)
    else if (type === attribute.prefix) scope = scopes[bytes[at + 4] ?? 0] ?? 'outside'
    else if (type === attribute.sequence) sequence = view.getUint32(at + 4)
    at += (length + 3) & ~3
  }
  return { packet: { unit, scope, bytes: payload }, sequence }
}
