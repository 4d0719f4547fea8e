// One imagined connection, taken through all the questions the gateway would ask.

import { canonicalIp } from '../base/ip.ts'
import type { Ask, AskStage, Phase } from '../schema/ask.ts'
import type { Decision } from '../schema/decision.ts'
import type { CompiledPolicy } from './compile.ts'
import { decide } from './decide.ts'
import { readHost } from './hosts.ts'
import { layersOfWord, transportOfWord } from './protocols.ts'

export interface Probe {
  readonly host: string
  readonly port?: number
  /** A word of `protocols:`; default by port. */
  readonly protocol?: string
  readonly transport?: 'tcp' | 'udp' | 'icmp'
  /** Default GET and /. */
  readonly method?: string
  readonly path?: string
  readonly tool?: string
  readonly phase?: Phase
  /** Where the name leads; default: somewhere public. */
  readonly resolved?: string
  /** The TLS server name, where it is another one than `host`. */
  readonly sni?: string
  /** The Host header, likewise. */
  readonly httpHost?: string
}

export interface Walked {
  readonly decision: Decision
  /** Where it was settled. */
  readonly stage: AskStage
}

/** `host`, `host:port`, `[v6]:port` or a URL; or why it is none of them. */
export function readTarget(text: string): Probe | { readonly problem: string } {
  const url =
    /^([a-z][a-z0-9+.-]{0,30}):\/\/(?:[^/?#@]*@)?(\[[^\]]{0,64}\]|[^/:?#]{0,1024})(?::(\d{1,6}))?(\/[^#]*)?/is.exec(
      text,
    )
  if (url) {
    const scheme = url[1]!.toLowerCase()
    const known = Object.hasOwn(schemes, scheme) ? schemes[scheme] : undefined
    const port = url[3] === undefined ? known?.port : Number(url[3])
    if (port !== undefined && (port < 1 || port > 65_535)) return { problem: 'ports go from 1 to 65535' }
    return {
      host: url[2]!.replace(/^\[(.*)\]$/, '$1'),
      ...(port !== undefined && { port }),
      ...(known && { protocol: known.protocol }),
      ...(url[4] !== undefined && { path: url[4] }),
    }
  }
  if (canonicalIp(text) !== undefined) return { host: text }
  const match = /^(\[[^\]]{0,64}\]|[^:]{0,1024}):(\d{1,6})$/s.exec(text)
  if (!match) return { host: text }
  const port = Number(match[2])
  if (port < 1 || port > 65_535) return { problem: 'ports go from 1 to 65535' }
  return { host: match[1]!.replace(/^\[(.*)\]$/, '$1'), port }
}

const schemes: Readonly<Record<string, { port: number; protocol: string }>> = {
  https: { port: 443, protocol: 'https' },
  wss: { port: 443, protocol: 'https' },
  http: { port: 80, protocol: 'http' },
  ws: { port: 80, protocol: 'http' },
  ssh: { port: 22, protocol: 'ssh' },
  git: { port: 9418, protocol: 'git' },
  redis: { port: 6379, protocol: 'redis' },
  ftp: { port: 21, protocol: 'ftp' },
}

/** The port a probe means when it names none: 443. */
export function portOf({ port }: Probe): number {
  return port ?? 443
}

/** Asks stage after stage until one denies or the last allows. */
export function walk(compiled: CompiledPolicy, probe: Probe): Walked {
  const host = readHost(probe.host)
  const port = portOf(probe)
  const transport =
    probe.transport ?? (probe.protocol === undefined ? 'tcp' : transportOfWord(probe.protocol))
  const word =
    probe.protocol ?? (port === 22 ? 'ssh' : port === 80 ? 'http' : port === 443 ? 'https' : 'other')
  const layers = layersOfWord(word)
  const named = host.kind !== 'ip'
  const base: Omit<Ask, 'stage'> = {
    transport,
    ...(named ? { dnsName: probe.host } : { ip: probe.host }),
    ...(probe.tool !== undefined && { tool: probe.tool, toolTier: 'identity' }),
    ...(probe.phase && { phase: probe.phase }),
  }
  const resolved = probe.resolved === undefined ? {} : { resolved: probe.resolved }
  // A datagram is asked about with its bytes, once.
  const datagram = transport === 'udp' && probe.protocol !== undefined ? { layers } : {}
  const connect = { ...base, port, ...(transport === 'icmp' && { port: 0 }), ...datagram }
  const sni = probe.sni ?? (named ? probe.host : undefined)
  const bytes: Omit<Ask, 'stage'> = {
    ...connect,
    ...resolved,
    layers,
    ...(layers[0] === 'tls' && sni !== undefined && { sni }),
    ...(layers[0] === 'http' && { httpHost: probe.httpHost ?? probe.host }),
  }
  const request: Omit<Ask, 'stage'> = {
    ...bytes,
    layers: layers[0] === 'tls' ? ['tls', 'http'] : layers,
    httpHost: probe.httpHost ?? probe.host,
    method: probe.method ?? 'GET',
    path: probe.path ?? '/',
  }
  const steps: readonly (readonly [AskStage, Omit<Ask, 'stage'>])[] = [
    ...(named ? [['name', base] as const] : []),
    ['connect', connect],
    ['resolved', { ...connect, ...resolved }],
    ['bytes', bytes],
    ['request', request],
  ]
  let last: Walked | undefined
  for (const [stage, ask] of steps) {
    const decision = decide(compiled, { ...ask, stage })
    last = { decision, stage }
    if (decision.verdict === 'deny') return last
    // What is final for these bytes may still be refused for the request that was named.
    const asksRequest = probe.method !== undefined || probe.path !== undefined || probe.httpHost !== undefined
    if (stage === 'bytes' && decision.verdict === 'allow' && !(asksRequest && layers[0] === 'http'))
      return last
    if (stage === 'connect' && transport !== 'tcp' && probe.resolved === undefined) return last
    if (stage === 'resolved' && transport !== 'tcp') return last
  }
  return last ?? { decision: decide(compiled, { ...base, stage: 'connect' }), stage: 'connect' }
}
