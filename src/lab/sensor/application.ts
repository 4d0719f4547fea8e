// What the first bytes of a flow say: enough of DNS, HTTP, TLS, SSH and JSON-lines to fill a sensor's records.

import { readQuestion } from '../services/dns.ts'
import type { Flow } from './flows.ts'

export type Application =
  | { readonly protocol: 'unknown' }
  | { readonly protocol: 'dns'; readonly queries: readonly DnsQuery[] }
  | {
      readonly protocol: 'http'
      readonly us: number
      readonly method: string
      readonly url: string
      readonly host?: string
      readonly userAgent?: string
      readonly body: string
      readonly status?: number
    }
  | { readonly protocol: 'tls'; readonly us: number; readonly sni?: string }
  | { readonly protocol: 'ssh'; readonly us: number; readonly client?: string; readonly server?: string }
  | {
      readonly protocol: 'json-lines'
      readonly us: number
      readonly methods: readonly { us: number; method: string }[]
    }

export interface DnsQuery {
  readonly us: number
  readonly id: number
  readonly name: string
  readonly type: number
  readonly answers?: readonly string[]
  readonly answeredUs?: number
  readonly rcode?: number
}

const ascii = new TextDecoder('latin1')

export function readApplication(flow: Flow): Application {
  if (flow.protocol === 'udp') return flow.dstPort === 53 ? readDns(flow) : { protocol: 'unknown' }
  const client = flow.messages.find((m) => m.toServer)
  const server = flow.messages.find((m) => !m.toServer)
  const sent = client ? ascii.decode(client.bytes) : ''
  const replied = server ? ascii.decode(server.bytes) : ''
  if (sent.startsWith('SSH-') || replied.startsWith('SSH-')) {
    const us = (client ?? server)!.us
    return {
      protocol: 'ssh',
      us,
      ...optional('client', banner(sent)),
      ...optional('server', banner(replied)),
    }
  }
  if (!client) return { protocol: 'unknown' }
  if (client.bytes[0] === 22 && client.bytes[1] === 3) {
    return { protocol: 'tls', us: client.us, ...optional('sni', serverName(client.bytes)) }
  }
  const request = /^([A-Z]{3,10}) (\S{1,2000}) HTTP\/1\.[01]\r\n/.exec(sent)
  if (request) {
    const all = flow.messages
      .filter((m) => m.toServer)
      .map((m) => ascii.decode(m.bytes))
      .join('')
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(replied)
    return {
      protocol: 'http',
      us: client.us,
      method: request[1]!,
      url: request[2]!,
      body: all.slice(all.indexOf('\r\n\r\n') + 4, all.indexOf('\r\n\r\n') + 2004),
      ...optional('host', /\r\nhost: ([^\r\n]{1,255})/i.exec(sent)?.[1]),
      ...optional('userAgent', /\r\nuser-agent: ([^\r\n]{1,255})/i.exec(sent)?.[1]),
      ...optional('status', status ? Number(status[1]) : undefined),
    }
  }
  if (sent.startsWith('{')) {
    const methods = flow.messages.flatMap((m) =>
      [...ascii.decode(m.bytes).matchAll(/"method": ?"([\w.]{1,60})"/g)].map((match) => ({
        us: m.us,
        method: match[1]!,
      })),
    )
    return { protocol: 'json-lines', us: client.us, methods }
  }
  return { protocol: 'unknown' }
}

function optional<K extends string, V>(key: K, value: V | undefined): { [k in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [k in K]?: V })
}

function banner(text: string): string | undefined {
  return /^SSH-[\d.]+-([^\r\n]{1,200})/.exec(text)?.[1]
}

function readDns(flow: Flow): Application {
  const queries: DnsQuery[] = []
  for (const { us, toServer, bytes } of flow.messages) {
    const question = readQuestion(bytes)
    if (!question) continue
    const id = (bytes[0]! << 8) | bytes[1]!
    if (toServer) queries.push({ us, id, name: question.name, type: question.type })
    else {
      const i = queries.findIndex((q) => q.id === id && q.type === question.type)
      if (i >= 0)
        queries[i] = {
          ...queries[i]!,
          answeredUs: us,
          rcode: bytes[3]! & 15,
          answers: addresses(bytes, question.end),
        }
    }
  }
  return { protocol: 'dns', queries }
}

/** A records as our own resolver writes them: a pointer for the name, then a fixed head. */
function addresses(bytes: Uint8Array, from: number): string[] {
  const found: string[] = []
  for (let at = from; at + 16 <= bytes.length; at += 16)
    found.push([...bytes.subarray(at + 12, at + 16)].join('.'))
  return found
}

/** The server name in a ClientHello (RFC 6066), when it lies in the bytes we have. */
function serverName(bytes: Uint8Array): string | undefined {
  const u16 = (at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  let at = 5 + 4 + 2 + 32
  at += 1 + (bytes[at] ?? 0)
  at += 2 + u16(at)
  at += 1 + (bytes[at] ?? 0)
  const end = Math.min(bytes.length, at + 2 + u16(at))
  at += 2
  while (at + 4 <= end) {
    const length = u16(at + 2)
    if (u16(at) === 0 && at + 9 <= end) return ascii.decode(bytes.subarray(at + 9, at + 9 + u16(at + 7)))
    at += 4 + length
  }
  return undefined
}
