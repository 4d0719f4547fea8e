// Whose socket is it? Asked of the kernel by the flow's four numbers (sock_diag, linux/inet_diag.h).

import { isIPv4 } from 'node:net'
import { v4ToNumber, v6Groups } from '../base/ip.ts'
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  type Kernel,
  littleEndian,
  SOCK_DGRAM,
  type SocketKind,
  SystemCallError,
} from './kernel.ts'

const NETLINK_SOCK_DIAG = 4
const SOCK_DIAG_BY_FAMILY = 20
const protocols = { tcp: 6, udp: 17 } as const
const headerBytes = 16
const requestBytes = headerBytes + 56
/** Where the reply has the socket's inode. */
const inodeAt = headerBytes + 4 + 48 + 16

export interface SocketTuple {
  readonly transport: 'tcp' | 'udp'
  readonly src: { readonly ip: string; readonly port: number }
  readonly dst: { readonly ip: string; readonly port: number }
}

/** Made inside the namespace whose sockets are asked for. */
export const socketDiagKind: SocketKind = {
  family: AF_NETLINK,
  type: SOCK_DGRAM,
  protocol: NETLINK_SOCK_DIAG,
}

export function openSocketDiag(kernel: Kernel, fd: number): void {
  const address = new Uint8Array(12)
  new DataView(address.buffer).setUint16(0, AF_NETLINK, littleEndian)
  kernel.bind(fd, address)
}

/** The socket's inode, as /proc/PID/fd names it; undefined when it is gone already. */
export function socketInode(kernel: Kernel, fd: number, tuple: SocketTuple): number | undefined {
  const inode = ask(kernel, fd, tuple)
  if (inode !== undefined || tuple.transport !== 'udp') return inode
  // For datagrams some kernels look for the one that would receive such a packet, not for the one that sent it.
  return ask(kernel, fd, { ...tuple, src: tuple.dst, dst: tuple.src })
}

/** One question at a time: each is answered before the call returns. */
const message = new Uint8Array(requestBytes)
const view = new DataView(message.buffer)
const reply = new Uint8Array(1024)
const answer = new DataView(reply.buffer)

function ask(kernel: Kernel, fd: number, { transport, src, dst }: SocketTuple): number | undefined {
  message.fill(0)
  view.setUint32(0, requestBytes, littleEndian)
  view.setUint16(4, SOCK_DIAG_BY_FAMILY, littleEndian)
  view.setUint16(6, 1, littleEndian)
  message[16] = isIPv4(src.ip) ? AF_INET : AF_INET6
  message[17] = protocols[transport]
  view.setUint32(20, 0xffff_ffff, littleEndian)
  view.setUint16(24, src.port)
  view.setUint16(26, dst.port)
  writeIp(view, 28, src.ip)
  writeIp(view, 44, dst.ip)
  view.setUint32(64, 0xffff_ffff)
  view.setUint32(68, 0xffff_ffff)
  try {
    kernel.sendto(fd, message)
    const length = kernel.recv(fd, reply) ?? 0
    if (length < inodeAt + 4 || answer.getUint16(4, littleEndian) !== SOCK_DIAG_BY_FAMILY) return undefined
    return answer.getUint32(inodeAt, littleEndian) || undefined
  } catch (error) {
    if (error instanceof SystemCallError) return undefined
    throw error
  }
}

function writeIp(view: DataView, at: number, ip: string): void {
  const v4 = v4ToNumber(ip)
  if (v4 !== undefined) view.setUint32(at, v4)
  else for (const [i, group] of (v6Groups(ip) ?? []).entries()) view.setUint16(at + 2 * i, group)
}
