// The acts in words: what is asked of a person, and what a button says.

import type { ContainRequest } from '../../../../src/server/api.ts'

export type ActName = ContainRequest['act']

export const actLabels: Readonly<Record<ActName, string>> = {
  freeze: 'Freeze',
  thaw: 'Thaw',
  kill: 'Kill',
  block: 'Block',
  unblock: 'Unblock',
  quarantine: 'Quarantine',
  release: 'Release',
}

/** `Freeze`, `Kill call 3f9a`, `Block pool.example.com:3333`. */
export function titleOf({ act, call, destination }: ContainRequest, box: string): string {
  return `${actLabels[act]} ${destination ?? (call === undefined ? box : `call ${call}`)}`
}

/** Why the text is no destination, or undefined. The server decides; this spares a way there. */
export function whyNoDestination(text: string): string | undefined {
  if (text.length > 300) return 'This is too long for a destination.'
  if (/[\s\p{Cc}]/u.test(text)) return 'A destination has no spaces.'
  if (text.includes('://')) return 'Leave out the scheme: pool.example.com:3333'
  return text.includes('/')
    ? 'One name or address, without a path or a net: pool.example.com:3333'
    : undefined
}
