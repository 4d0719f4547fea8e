// How findings name whom and what.

import type { Seen, SeenEvent } from './api.ts'
import { remembered } from './few.ts'
import { placeOf } from './places.ts'

/** Who did it, in the words a reader knows: the sandbox, else the episode, else the source address. */
export function whom(item: Seen): string {
  return subject(item) ?? 'An unknown source'
}

/** The same as a key: undefined when nothing tells. */
export function subject(item: Seen): string | undefined {
  if (item.box !== undefined && item.box !== '') return item.box
  if (item.type === 'call') {
    const { episode, run } = item.call
    return episode ?? run
  }
  const { ip, hostname } = item.event.srcEndpoint
  return ip !== '' ? ip : hostname
}

/** `203.0.113.7:443`, `[2001:db8::7]:443`, the name alone when there is no address. */
export function place(ip: string, port?: number): string {
  const host = ip.includes(':') ? `[${ip}]` : ip
  return port === undefined ? host : `${host}:${port}`
}

export function destinationOf(item: SeenEvent): string {
  const { ip, port } = item.event.dstEndpoint
  return ip !== '' ? place(ip, port) : (nameOf(item) ?? 'an unknown destination')
}

/** `pool.example.org (203.0.113.7:443)`, or what of it is known. */
export function destinationText(item: SeenEvent): string {
  const { ip, port } = item.event.dstEndpoint
  const name = nameOf(item)
  if (name === undefined || name === ip) return destinationOf(item)
  return ip === '' ? name : `${name} (${place(ip, port)})`
}

/** The best name known for what was reached. */
function nameOf(item: SeenEvent): string | undefined {
  const { observed, dns, dstEndpoint } = item.event
  const name =
    observed?.sni ??
    observed?.httpHost ??
    item.dstName ??
    observed?.dnsName ??
    dstEndpoint.hostname ??
    dns?.query.hostname
  if (name === undefined || name === '') return undefined
  const bare = bareName(name)
  // A host's own table may call any address that.
  return bare === 'localhost' && !dstEndpoint.ip.startsWith('127.') ? undefined : bare
}

/** Every name an event carries for its destination, lower case, without port and trailing dot. */
export function namesOf(item: SeenEvent): readonly string[] {
  const { observed, dns, dstEndpoint } = item.event
  const { dstName } = item
  if (!observed && !dns && dstEndpoint.hostname === undefined && dstName === undefined) return noNames
  const names = [
    dns?.query.hostname,
    observed?.sni,
    observed?.httpHost,
    observed?.dnsName,
    dstEndpoint.hostname,
    dstName,
  ]
  const out: string[] = []
  for (const name of names) {
    if (name === undefined || name === '') continue
    const bare = bareName(name)
    if (!out.includes(bare)) out.push(bare)
  }
  return out
}

const noNames: readonly string[] = []

const bareName = remembered((name) =>
  name
    .toLowerCase()
    .replace(/:\d{1,5}$/, '')
    .replace(/\.$/, ''),
)

/** It failed, or was not let through: what a probe mostly meets. */
export function failed(item: SeenEvent): boolean {
  const { outcome, disposition } = item.event
  return disposition === 'blocked' || outcome === 'refused' || outcome === 'no-answer' || outcome === 'reset'
}

/** It came about: a handshake, or bytes from the other side. */
export function succeeded(item: SeenEvent): boolean {
  const { outcome, bytesIn } = item.event
  return !failed(item) && (outcome === 'established' || (bytesIn ?? 0) > 0)
}

/** Not on our own network, as far as the address tells. A name without an address counts as outside. */
export function isOutside(item: SeenEvent): boolean {
  const { ip } = item.event.dstEndpoint
  return ip === '' || !placeOf(ip).inside
}

export function seconds(item: Seen): number {
  return item.endUs === undefined ? 0 : Math.max(0, (item.endUs - item.us) / 1e6)
}

/** A command for a title: one line, cut. */
export function excerpt(argv: readonly string[], charsMax = 120): string {
  const text = argv.join(' ').replace(/\s+/g, ' ')
  return text.length > charsMax ? `${text.slice(0, charsMax)}…` : text
}

/** Names and commands are written by who is watched: no control or direction characters, and an end. */
export function printable(text: string, charsMax = 400): string {
  const clean = text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    ' ',
  )
  return clean.length > charsMax ? `${clean.slice(0, charsMax)}…` : clean
}
