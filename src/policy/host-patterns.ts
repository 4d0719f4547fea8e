// Hosts as a policy writes them: api.example.com, *.example.com:443, 10.0.0.0/8, [2001:db8::1]:22.

import { parseRange, rangeText } from '../base/cidr.ts'
import { plain } from '../base/terminal.ts'
import type { HostPattern, PortRange } from '../schema/policy.ts'
import { readHost } from './hosts.ts'
import { publicSuffix } from './public-suffixes.ts'
import type { Refusal } from './shape.ts'

export interface HostText {
  readonly host: HostPattern
  readonly port?: PortRange
}

const example = 'hosts like api.example.com'

/**
 * Reads one host of a policy, with a port where one stands behind it. `any` is only for `host: any`; `shared`
 * lets a wildcard over a hosting service's own domain pass, and `wide`, for deny rules, any wildcard.
 */
export function readHostText(
  text: string,
  { any = false, shared = false, wide = false }: { any?: boolean; shared?: boolean; wide?: boolean } = {},
): { readonly value: HostText } | Refusal {
  if (text === 'any') {
    if (any) return { value: { host: { kind: 'any' } } }
    return refuse('To open every host write { host: any }, and mean it.')
  }
  if (text === '*') return refuse('A lone * opens every host; write { host: any } if you mean it.')
  const untrimmed = tooMuch(text)
  if (untrimmed) return untrimmed
  const { rest, port } = splitPort(text)
  if (port === 'bad') return refuse('Ports go from 1 to 65535.')
  const host = rest.startsWith('*') || rest.startsWith('.') ? readWildcard(rest, shared, wide) : readOne(rest)
  if ('wants' in host) return host
  return { value: { host, ...(port && { port: { from: port, to: port } }) } }
}

function readWildcard(text: string, shared: boolean, wide: boolean): HostPattern | Refusal {
  const bare = text.replace(/^\*?\.?/, '')
  if (!text.startsWith('*.')) {
    return refuse(
      text.startsWith('.') ? `Write *${text}.` : `A wildcard stands for whole labels: *.${plain(bare, 100)}.`,
    )
  }
  if (bare.includes('*')) return refuse('Only the beginning can be a wildcard: *.example.com.')
  const read = readHost(bare)
  if (read.kind === 'ip') return refuse('Ranges of addresses are written as 10.0.0.0/8.')
  if (read.kind === 'bad') return refuse(`It is no name: ${read.why}.`)
  const suffix = wide ? undefined : publicSuffix(read.name)
  if (suffix === 'top-level')
    return refuse('Anybody can register a name under it. List the domains that you mean.')
  if (suffix === 'shared' && !shared) {
    return refuse(
      `Anybody can get a name under it. List the hosts, or write { host: '${text}', shared: true }.`,
    )
  }
  return { kind: 'under', name: read.name }
}

function readOne(text: string): HostPattern | Refusal {
  if (text.includes('*')) return refuse('Only the beginning can be a wildcard: *.example.com.')
  if (/^\d{1,5}$/.test(text))
    return refuse('A number alone is no host; ports stand behind one, or under `ports`.')
  const range = parseRange(text.replace(/^\[(.*)\]$/, '$1'))
  if (range) {
    const canonical = rangeText(range)
    const plainForm = text.replace(/^\[(.*)\]$/, '$1').toLowerCase()
    if (range.family === 4 && canonical !== plainForm && plainForm !== `${canonical}/32`) {
      return refuse(
        text.includes('/') ? `The range begins at ${canonical}.` : `Write the address as ${canonical}.`,
      )
    }
    return { kind: 'ip', cidr: canonical }
  }
  if (text.includes('/')) return refuse('Remove the path; it belongs under `paths`.')
  const read = readHost(text)
  if (read.kind === 'name') return { kind: 'name', name: read.name }
  return refuse(read.kind === 'bad' ? `It is no name: ${read.why}.` : `Write the address as ${read.ip}.`)
}

/** URLs and the like: what of it to take away. */
function tooMuch(text: string): Refusal | undefined {
  const url = /^([a-z][a-z0-9+.-]{0,30}:)?\/\/([^/]*)(\/.*)?$/is.exec(text)
  const parts: string[] = []
  if (url) parts.push('scheme')
  if ((url ? url[2]! : text).includes('@')) parts.push('user')
  if (url?.[3] !== undefined) parts.push('path')
  if (parts.length > 0) return refuse(`Remove the ${parts.join(' and ')}.`)
  return /\s/.test(text) ? refuse('Remove the space.') : undefined
}

function splitPort(text: string): { rest: string; port?: number | 'bad' } {
  const match = /^(\[[^\]]*\]|[^:]*):(\d{1,8})$/s.exec(text)
  if (!match) return { rest: text }
  const port = Number(match[2])
  return { rest: match[1]!, port: port >= 1 && port <= 65_535 ? port : 'bad' }
}

function refuse(fix: string): Refusal {
  return { wants: example, fix }
}

/** The host as a policy would write it. */
export function hostText(host: HostPattern): string {
  if (host.kind === 'name') return host.name
  if (host.kind === 'under') return `*.${host.name}`
  return host.kind === 'ip' ? host.cidr : 'any'
}
