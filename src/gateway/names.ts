// Synthetic addresses: every name that is asked for gets one, so that the connection that follows carries its name.

import { OperatorError } from '../base/errors.ts'
import { v4ToNumber, v4ToText } from '../base/ip.ts'

export interface SyntheticNames {
  /**
   * The address that stands for a name in this run, made when it is new. Undefined when the range is used up; names
   * that lead nowhere (`denied`) get no more than half of it, so that asking for many of them shuts nobody else out.
   */
  addressOf(name: string, denied?: boolean): string | undefined
  /** The name an address stands for. */
  nameOf(ip: string): string | undefined
  /** Whether an address lies in the range: one that stands for no name was guessed. */
  covers(ip: string): boolean
}

/** From RFC 2544's range, which is nobody's on the internet. */
export const defaultSyntheticRange = '198.18.0.0/16'

/** Names that are kept, however large the range: each takes some hundred bytes. */
const namesMax = 250_000

/** A mapping is never changed nor used again: a name that is asked for later can't take over a connection. */
export function syntheticNames(range: string): SyntheticNames {
  const [base = '', bits = ''] = range.split('/')
  const start = v4ToNumber(base)
  const size = 2 ** (32 - Number(bits))
  if (
    start === undefined ||
    !/^\d{1,2}$/.test(bits) ||
    Number(bits) < 8 ||
    Number(bits) > 30 ||
    start % size !== 0
  ) {
    throw new OperatorError('usage', {
      what: `The range for synthetic addresses is no IPv4 network: ${range}`,
      why: 'Every name that the sandbox asks for gets an address from it, each only once.',
      fix: `Write it like ${defaultSyntheticRange}, with a prefix from /8 to /30.`,
    })
  }
  const byName = new Map<string, string>()
  const names: string[] = []
  // The first and the last address of a network are no host's.
  const most = Math.min(size - 2, namesMax)
  const indexOf = (ip: string) => (v4ToNumber(ip) ?? -1) - start - 1
  return {
    addressOf(name, denied = false) {
      const known = byName.get(name)
      if (known !== undefined) return known
      if (names.length >= (denied ? Math.ceil(most / 2) : most)) return undefined
      names.push(name)
      const address = v4ToText(start + names.length)
      byName.set(name, address)
      return address
    },
    nameOf: (ip) => names[indexOf(ip)],
    covers(ip) {
      const index = indexOf(ip)
      return index >= -1 && index < size - 1
    },
  }
}
