// EVE records about what is inside a connection: dns, tls, quic, ssh, http.

import type { Event, EventClass } from '../../schema/event.ts'
import { objectOf, type Row } from '../head-rows.ts'
import { countOf, type EventDraft, ipOf, keep, nameOf, textOf, turn } from './parts.ts'

/** Names and addresses of an answer that are kept. */
const answersMax = 32

export function readDns(event: EventDraft, row: Row): string | undefined {
  const dns = objectOf(row.dns)
  if (!dns) return 'a dns record without its dns object'
  event.class = 'dns_activity'
  event.observed = { protocol: 'dns' }
  const answer = dns.type === 'answer' || dns.type === 'response'
  // Some versions write the answer as the packet went; the resolver's port says so.
  if (answer && event.srcEndpoint.port === 53 && event.dstEndpoint.port !== 53) turn(event)
  const query = dnsQuery(dns)
  if (!query) return 'a dns record without a name that was asked for'
  const answers = dnsAnswers(dns)
  const rcode = textOf(dns.rcode)
  event.dns = {
    query,
    ...(answers.length > 0 && { answers }),
    ...(rcode !== undefined && { rcode }),
  }
  return undefined
}

/** `rrname` until version 2, `queries[]` in version 3, `query[]` inside alerts. */
export function dnsQuery(dns: Row): NonNullable<Event['dns']>['query'] | undefined {
  const first = firstObject(dns.queries) ?? firstObject(dns.query) ?? dns
  // The root itself, asked for by resolvers, is an empty name.
  const hostname = first.rrname === '' ? '.' : nameOf(first.rrname)
  if (hostname === undefined) return undefined
  const type = textOf(first.rrtype)
  return type === undefined ? { hostname } : { hostname, type }
}

function dnsAnswers(dns: Row): string[] {
  const answers: string[] = []
  const add = (value: unknown) => {
    const text = textOf(value)
    if (text !== undefined && answers.length < answersMax) answers.push(ipOf(text) ?? text)
  }
  if (Array.isArray(dns.answers)) for (const one of dns.answers) add(objectOf(one)?.rdata)
  else if (dns.rdata !== undefined) add(dns.rdata) // Version 1 wrote a record for each answer.
  if (answers.length === 0) {
    for (const values of Object.values(objectOf(dns.grouped) ?? {})) {
      if (Array.isArray(values)) values.forEach(add)
    }
  }
  return answers
}

function firstObject(value: unknown): Row | undefined {
  return Array.isArray(value) ? objectOf(value[0]) : undefined
}

export function readTls(event: EventDraft, row: Row): string | undefined {
  const tls = objectOf(row.tls)
  if (!tls) return 'a tls record without its tls object'
  event.class = 'tls_activity'
  describeTls(event, tls, 'tls')
  return undefined
}

export function readQuic(event: EventDraft, row: Row): string | undefined {
  const quic = objectOf(row.quic)
  if (!quic) return 'a quic record without its quic object'
  event.class = 'tls_activity'
  describeTls(event, quic, 'quic')
  return undefined
}

function describeTls(event: EventDraft, tls: Row, protocol: string): void {
  const sni = nameOf(tls.sni)
  const alpn = Array.isArray(tls.client_alpns)
    ? tls.client_alpns.filter((one) => typeof one === 'string').slice(0, 16)
    : []
  event.observed = { protocol, ...(sni !== undefined && { sni }), ...(alpn.length > 0 && { alpn }) }
  keep(event, 'tls_version', textOf(tls.version))
  keep(event, 'tls_subject', textOf(tls.subject))
  keep(event, 'tls_issuer', textOf(tls.issuerdn))
  keep(event, 'ja3', textOf(objectOf(tls.ja3)?.hash))
  keep(event, 'ja4', textOf(tls.ja4))
}

export function readSsh(event: EventDraft, row: Row, as: EventClass = 'ssh_activity'): string | undefined {
  const ssh = objectOf(row.ssh)
  if (!ssh) return 'an ssh record without its ssh object'
  event.class = as
  event.observed = { ...event.observed, protocol: 'ssh' }
  const client = sshBanner(ssh.client)
  const server = sshBanner(ssh.server)
  event.ssh = { ...(client !== undefined && { client }), ...(server !== undefined && { server }) }
  keep(event, 'hassh', textOf(objectOf(objectOf(ssh.client)?.hassh)?.hash))
  return undefined
}

/** The banner as it went over the wire: `SSH-2.0-OpenSSH_9.6`. */
function sshBanner(side: unknown): string | undefined {
  const parts = objectOf(side)
  const software = textOf(parts?.software_version)
  if (!parts || software === undefined) return undefined
  return `SSH-${textOf(parts.proto_version) ?? '2.0'}-${software}`
}

export function readHttp(event: EventDraft, row: Row): string | undefined {
  const http = objectOf(row.http)
  if (!http) return 'an http record without its http object'
  event.class = 'http_activity'
  describeHttp(event, http)
  return undefined
}

export function describeHttp(event: EventDraft, http: Row): void {
  const httpHost = nameOf(http.hostname)
  event.observed = { ...event.observed, protocol: 'http', ...(httpHost !== undefined && { httpHost }) }
  const method = textOf(http.http_method)
  const path = textOf(http.url)
  const userAgent = textOf(http.http_user_agent)
  const status = countOf(http.status)
  event.http = {
    ...(method !== undefined && { method }),
    ...(path !== undefined && { path }),
    ...(userAgent !== undefined && { userAgent }),
    ...(status !== undefined && { status }),
  }
}
