// What kind of place an address is, asked by one detection after the other for the same event.

import { isGroup, isInternal, v4ToNumber } from '../base/ip.ts'
import { remembered } from './few.ts'

export interface Place {
  /** Not reachable from the open internet. */
  readonly inside: boolean
  /** Multicast or broadcast. */
  readonly group: boolean
  /** `127.0.0.0/8` or `::1`. */
  readonly loopback: boolean
  /** The address as a number, for IPv4. */
  readonly v4: number | undefined
}

const known = remembered(look)
let lastIp = ''
let last = known('')

/** The answer for the last address lies ready. */
export function placeOf(ip: string): Place {
  if (ip !== lastIp) {
    last = known(ip)
    lastIp = ip
  }
  return last
}

/** A target as a key of a Set: a number where that says the same as `ip:port`, which takes a third of the room. */
export function targetKey(ip: string, port: number | undefined): number | string {
  const { v4 } = placeOf(ip)
  return v4 === undefined ? `${ip} ${port ?? ''}` : v4 * 0x20000 + (port === undefined ? 0x10000 : port)
}

function look(ip: string): Place {
  return {
    inside: isInternal(ip),
    group: isGroup(ip),
    loopback: ip.startsWith('127.') || ip === '::1',
    v4: v4ToNumber(ip),
  }
}
