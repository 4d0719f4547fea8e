// Indicators of compromise for blocklists and searches: one row a destination.

import { canonicalIp, isInternal, isMetadata } from '../base/ip.ts'
import { parseIso, toIso } from '../base/time.ts'
import { type Severity, severities } from '../schema/event.ts'
import type { AttributionLine } from '../schema/summary.ts'
import type { ExportFinding } from './api.ts'

export interface Indicator {
  /** STIX's words. */
  readonly type: 'ipv4-addr' | 'ipv6-addr' | 'domain-name' | 'url'
  readonly value: string
  /** ISO UTC. */
  readonly firstSeen: string
  readonly lastSeen: string
  /** Events that reached it; findings when their events are not known. */
  readonly count: number
  readonly severity: Severity
  readonly detections: readonly string[]
  readonly toolCalls: readonly string[]
  readonly ports: readonly number[]
  /** `internal` ones are what was probed, not what to block. */
  readonly scope: 'external' | 'internal' | 'metadata'
}

interface Growing {
  type: Indicator['type']
  firstUs: number
  lastUs: number
  severity: Severity
  events: Set<string>
  findings: number
  detections: Set<string>
  toolCalls: Set<string>
  ports: Set<number>
}

/** Destinations of the findings, worst and oldest first. `event` answers what an event uid stands for. */
export function indicatorsOf(
  findings: readonly ExportFinding[],
  event: (uid: string) => AttributionLine['event'] | undefined,
): readonly Indicator[] {
  const found = new Map<string, Growing>()
  for (const finding of findings) {
    for (const destination of new Set(finding.destinations)) {
      const target = parseDestination(destination)
      if (target === undefined) continue
      const entry = found.get(target.value) ?? {
        type: target.type,
        firstUs: finding.firstUs,
        lastUs: finding.lastUs,
        severity: finding.severity,
        events: new Set<string>(),
        findings: 0,
        detections: new Set<string>(),
        toolCalls: new Set<string>(),
        ports: new Set<number>(),
      }
      found.set(target.value, entry)
      entry.findings++
      entry.firstUs = Math.min(entry.firstUs, finding.firstUs)
      entry.lastUs = Math.max(entry.lastUs, finding.lastUs)
      if (severities.indexOf(finding.severity) > severities.indexOf(entry.severity))
        entry.severity = finding.severity
      entry.detections.add(finding.detection)
      for (const uid of finding.toolCallUids) entry.toolCalls.add(uid)
      if (target.port !== undefined) entry.ports.add(target.port)
      for (const uid of finding.eventUids) {
        const seen = event(uid)
        if (seen === undefined || (seen.dst !== target.value && seen.name !== target.value)) continue
        entry.events.add(uid)
        if (seen.port !== null && seen.class !== 'dns_activity') entry.ports.add(seen.port)
        const us = parseIso(seen.time)?.us
        if (us !== undefined) {
          entry.firstUs = Math.min(entry.firstUs, us)
          entry.lastUs = Math.max(entry.lastUs, us)
        }
      }
    }
  }
  const rank = (severity: Severity) => severities.indexOf(severity)
  return [...found]
    .sort(
      ([a, x], [b, y]) =>
        rank(y.severity) - rank(x.severity) || x.firstUs - y.firstUs || (a < b ? -1 : a > b ? 1 : 0),
    )
    .map(([value, entry]) => ({
      type: entry.type,
      value,
      firstSeen: toIso(entry.firstUs),
      lastSeen: toIso(entry.lastUs),
      count: entry.events.size > 0 ? entry.events.size : entry.findings,
      severity: entry.severity,
      detections: [...entry.detections].sort(),
      toolCalls: [...entry.toolCalls].sort(),
      ports: [...entry.ports].sort((a, b) => a - b),
      scope: isMetadata(value)
        ? 'metadata'
        : isInternal(value) || isLocalName(value)
          ? 'internal'
          : 'external',
    }))
}

const columns = [
  'type',
  'value',
  'first_seen',
  'last_seen',
  'count',
  'severity',
  'detections',
  'tool_calls',
  'ports',
  'scope',
] as const

/** RFC 4180, lines end in CRLF, lists joined by a space; no cell can start a spreadsheet formula. */
export function iocsCsv(indicators: readonly Indicator[]): string {
  const rows = indicators.map((i) => [
    i.type,
    i.value,
    i.firstSeen,
    i.lastSeen,
    String(i.count),
    i.severity,
    i.detections.join(' '),
    i.toolCalls.join(' '),
    i.ports.join(' '),
    i.scope,
  ])
  return [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')
}

/** Spreadsheets run what begins with `= + - @`, a tab or a carriage return; a leading apostrophe stops them. */
export function csvCell(text: string): string {
  const safe = /^[\s\0]*[=+\-@\t\r|%]/.test(text) ? `'${text}` : text
  return /["\r\n,]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** `203.0.113.9:443`, `[2001:db8::1]:22`, `pool.example.com:3333`, a bare address, a name or a URL. */
export function parseDestination(
  text: string,
): { readonly type: Indicator['type']; readonly value: string; readonly port?: number } | undefined {
  const trimmed = text.trim().slice(0, 2048)
  if (trimmed === '') return undefined
  if (/^[a-z][a-z0-9+.-]{0,20}:\/\//i.test(trimmed)) return { type: 'url', value: trimmed }
  const bracketed = /^\[([0-9a-f:.%]{2,64})\](?::(\d{1,5}))?$/i.exec(trimmed)
  const plainHost = /^([^\s:/]{1,255})(?::(\d{1,5}))?$/.exec(trimmed)
  const host = bracketed?.[1] ?? plainHost?.[1] ?? trimmed
  const portText = bracketed?.[2] ?? plainHost?.[2]
  const port = portText !== undefined && Number(portText) <= 65_535 ? { port: Number(portText) } : {}
  // Only what looks like an address is read as one: `3333` alone is not 0.0.13.5.
  const ip = host.includes(':') || /^[\d.]+\.[\d.]+$/.test(host) ? canonicalIp(host) : undefined
  if (ip !== undefined) return { type: ip.includes(':') ? 'ipv6-addr' : 'ipv4-addr', value: ip, ...port }
  if (/^[^\s:/]{1,255}$/.test(host) && /[a-z]/i.test(host)) {
    return { type: 'domain-name', value: host.toLowerCase().replace(/\.$/, ''), ...port }
  }
  return undefined
}

function isLocalName(name: string): boolean {
  return (
    name === 'localhost' ||
    /\.(internal|local|localdomain|lan|svc|cluster\.local|corp|home\.arpa)$/.test(name)
  )
}
