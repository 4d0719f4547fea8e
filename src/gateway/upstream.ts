// Dials the world: the address that was looked at is the address that is dialled.

import { connect, isIP, type Socket } from 'node:net'
import type { Decision } from '../schema/decision.ts'
import { limits } from './api.ts'

/** `no-room`: this machine has no more descriptors, ports or memory for it. */
export type DialFailure = 'refused' | 'no-answer' | 'reset' | 'no-address' | 'no-room'

/** The first address of the host that the policy lets pass, or why none does. */
export async function vetAddress(
  host: string,
  resolve: (name: string) => Promise<readonly string[]>,
  decideResolved: (ip: string) => Decision,
): Promise<
  { readonly ip: string; readonly decision: Decision } | { readonly refusal: Decision } | undefined
> {
  let refusal: Decision | undefined
  for (const ip of isIP(host) ? [host] : await resolve(host)) {
    const decision = decideResolved(ip)
    if (decision.verdict !== 'deny') return { ip, decision }
    refusal ??= decision
  }
  return refusal && { refusal }
}

/** Resolves with a connected socket, paused, or with the way it failed. */
export function dial(ip: string, port: number): Promise<Socket | DialFailure> {
  return new Promise((resolve) => {
    const socket = connect({ host: ip, port, allowHalfOpen: true, noDelay: true })
    const timer = setTimeout(() => {
      socket.destroy()
      resolve('no-answer')
    }, limits.dialMs)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(failureOf(error.code))
    })
  })
}

const noRoom: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'EAGAIN',
])

function failureOf(code: string | undefined): DialFailure {
  if (code === 'ECONNREFUSED') return 'refused'
  if (code === 'ECONNRESET') return 'reset'
  if (code !== undefined && noRoom.has(code)) return 'no-room'
  return 'no-answer'
}
