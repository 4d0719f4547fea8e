// Alibaba Cloud Firewall's access log, the same fields whether delivered as JSON or CSV.

import { isInternal } from '../../base/ip.ts'
import { parseEpochByDigits, parseEpochSeconds, type Time } from '../../base/time.ts'
import type { Severity } from '../../schema/event.ts'
import {
  countOf,
  type EventDraft,
  endpointOf,
  endpointProblem,
  ipOf,
  keep,
  nameOf,
  shown,
  textOf,
  transportOf,
} from './parts.ts'

/** A field by its name in Alibaba's documentation; undefined when the record has none. */
export type Field = (name: string) => unknown

/** One record as an event; as text the reason why it is none. */
export function alibabaEvent(field: Field, line: number): EventDraft | string {
  const src = endpointOf(field('src_ip'), field('src_port'))
  if (!src) return endpointProblem('src_ip', field('src_ip'), 'src_port', field('src_port'))
  const dst = endpointOf(field('dst_ip'), field('dst_port'))
  if (!dst) return endpointProblem('dst_ip', field('dst_ip'), 'dst_port', field('dst_port'))
  const time = timeOf(field)
  if (!time) return `no start_time or end_time: ${shown(field('start_time'))}`

  const event: EventDraft = { class: 'network_activity', time, srcEndpoint: src, dstEndpoint: dst, line }
  const inward = textOf(field('direction'))?.toLowerCase() === 'in'
  beforeNat(event, field, inward)
  const endTime = epoch(field('end_time'))
  if (endTime && endTime.us >= time.us) event.endTime = endTime
  const transport = transportOf(field('ip_protocol'))
  if (transport !== undefined) event.transport = transport
  const sensor = textOf(field('firewall_id'))
  if (sensor !== undefined) event.sensor = sensor
  describeVerdict(event, field)
  describeContent(event, field)
  counts(event, field, inward)
  for (const name of ['cloud_instance_id', 'region_id', 'log_type', 'direction', 'aliuid']) {
    keep(event, name, textOf(field(name)))
  }
  return event
}

/**
 * The connection's own seconds. `start_time_min` is rounded up to the next minute and `__time__` is when the
 * record reached the log store: they are used only when there is nothing else, and say so.
 */
function timeOf(field: Field): Time | undefined {
  const own = epoch(field('start_time')) ?? epoch(field('end_time'))
  if (own) return own
  const minute = epoch(field('start_time_min'))
  if (minute) return { ...minute, us: minute.us - 60_000_000, spanUs: 60_000_000, kind: 'ingest' }
  const stored = epoch(field('__time__'))
  return stored ? { ...stored, kind: 'ingest' } : undefined
}

function epoch(value: unknown): Time | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const time = /^\d{12,}$/.test(String(value)) ? parseEpochByDigits(value) : parseEpochSeconds(value)
  return time && time.us > 0 ? time : undefined
}

/**
 * At the internet firewall `src_ip:src_port` is what the outside sees. Where the record knows the private
 * address it is the source; the port before translation is not known.
 */
function beforeNat(event: EventDraft, field: Field, inward: boolean): void {
  const name = inward ? 'dst_private_ip' : 'src_private_ip'
  const inside = ipOf(field(name))
  if (inside === undefined || !isInternal(inside)) return
  if (inward) {
    if (inside !== event.dstEndpoint.ip) keep(event, 'dst_private_ip', inside)
  } else if (inside !== event.srcEndpoint.ip) {
    event.natEndpoint = event.srcEndpoint
    event.srcEndpoint = { ip: inside }
  }
}

const blockedWords = new Set(['drop', 'discard', 'deny', 'block', 'reject'])
const passedWords = new Set(['pass', 'allow', 'accept', 'alert', 'log', 'monitor'])

function describeVerdict(event: EventDraft, field: Field): void {
  const result = textOf(field('rule_result'))?.toLowerCase()
  if (result !== undefined && blockedWords.has(result)) event.disposition = 'blocked'
  else if (result !== undefined && passedWords.has(result)) event.disposition = 'allowed'

  const dpi = textOf(field('app_dpi_state'))
  if (dpi === 'policy_discard') event.disposition = 'blocked'
  else if (dpi === 'tcp_not_establish' && event.disposition !== 'blocked') event.outcome = 'no-answer'

  const attack = textOf(field('attack_type_name_en')) ?? textOf(field('attack_type_name'))
  const ipsRule = textOf(field('ips_rule_name_en')) ?? textOf(field('ips_rule_name'))
  const aclRule = ruleId(field('acl_rule_id'))
  const ipsId = ruleId(field('ips_rule_id')) ?? ruleId(field('ips_ai_rule_id'))
  const rule = ipsRule ?? aclRule ?? ipsId
  const reason = textOf(field('rule_source'))
  if (rule !== undefined || reason !== undefined) {
    event.policy = { ...(rule !== undefined && { rule }), ...(reason !== undefined && { reason }) }
  }
  if (result !== 'alert' && attack === undefined && ipsRule === undefined && ipsId === undefined) return
  const severity = severityOf(field('vul_level'))
  event.alert = {
    title:
      ipsRule ??
      attack ??
      (rule === undefined ? 'an access rule raised an alert' : `rule ${rule} raised an alert`),
    ...(severity !== undefined && { severity }),
    ...(attack !== undefined && { category: attack }),
  }
}

/** Zeros stand for "no rule". */
function ruleId(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : textOf(value)
  return text === undefined || /^[0-]+$/.test(text) ? undefined : text
}

function severityOf(value: unknown): Severity | undefined {
  const level = countOf(value)
  return level === 1 ? 'low' : level === 2 ? 'medium' : level === 3 ? 'high' : undefined
}

function describeContent(event: EventDraft, field: Field): void {
  const app = textOf(field('app_name'))?.toLowerCase()
  const protocol = app === undefined || app === 'unknown' ? undefined : app === 'ssl' ? 'tls' : app
  const domain = nameOf(field('domain'))
  const observed: NonNullable<EventDraft['observed']> = {
    ...(protocol !== undefined && { protocol }),
    ...(domain !== undefined && { [domainWord(protocol)]: domain }),
  }
  if (protocol !== undefined || domain !== undefined) event.observed = observed
  const path = textOf(field('url'))
  if (path !== undefined) event.http = { path }
}

function domainWord(protocol: string | undefined): 'httpHost' | 'sni' | 'dnsName' {
  if (protocol === 'http') return 'httpHost'
  return protocol === 'tls' || protocol === 'https' || protocol === 'quic' ? 'sni' : 'dnsName'
}

/** `in_` and `out_` are seen from the cloud asset; ours from who began it. */
function counts(event: EventDraft, field: Field, inward: boolean): void {
  const [out, back] = inward ? ['in', 'out'] : ['out', 'in']
  const bytesOut = countOf(field(`${out}_packet_bytes`))
  const bytesIn = countOf(field(`${back}_packet_bytes`))
  const packetsOut = countOf(field(`${out}_packet_count`))
  const packetsIn = countOf(field(`${back}_packet_count`))
  if (bytesOut !== undefined) event.bytesOut = bytesOut
  if (bytesIn !== undefined) event.bytesIn = bytesIn
  if (packetsOut !== undefined) event.packetsOut = packetsOut
  if (packetsIn !== undefined) event.packetsIn = packetsIn
}
