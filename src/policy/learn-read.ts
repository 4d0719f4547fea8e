// A recording's lines to destinations: who went where, how often, and what was odd about it.
//
//   {"_schema":"vigiles/event/v1","seq":12,"class":"network_activity","activity":"open","connection":"c7","box":"run",
//    "dstEndpoint":{"ip":"203.0.113.7","port":443,"hostname":"api.example.com"},"disposition":"allowed",
//    "observed":{"dnsName":"api.example.com","sni":"api.example.com","protocol":"tls"},"actor":{"toolCall":"toolu_1"}}

import { parseRange } from '../base/cidr.ts'
import { canonicalIp } from '../base/ip.ts'
import { readHost, readHostPort } from './hosts.ts'
import { asObject, callOf, type Destination, type Fields, isAttempt, text } from './learn-line.ts'
import { note } from './learn-notes.ts'

/** Most destinations and names that are told apart; what comes later is only counted. */
export const destinationsMax = 20_000
export interface Learned {
  readonly destinations: readonly Destination[]
  /** Names that were looked up and never connected to: name → how often. */
  readonly lookedUp: ReadonlyMap<string, number>
  readonly connections: number
  readonly calls: number
  readonly findings: number
  /** Lines that are no such records, and those beyond what is told apart. */
  readonly skipped: number
  readonly beyond: number
}

export interface RecordReader {
  /** One journal line, parsed. Never throws; what is no such record is counted. */
  add(record: unknown): void
  end(): Learned
}

/** @param syntheticRange addresses that only stand for names */
export function openRecordReader(syntheticRange = '198.18.0.0/15'): RecordReader {
  const synthetic = parseRange(syntheticRange)
  const destinations = new Map<string, Destination>()
  const byConnection = new Map<string, Destination>()
  const lookedUp = new Map<string, number>()
  const calls = new Set<string>()
  const flagged = new Map<string, string>()
  const counts = { connections: 0, findings: 0, skipped: 0, beyond: 0 }

  function addConnection(line: Fields, kind: string): void {
    const destination = destinationOf(line, destinations)
    if (destination === 'skip' || destination === 'beyond') {
      counts[destination === 'skip' ? 'skipped' : 'beyond']++
      return
    }
    if (kind === 'network_activity' && isAttempt(line)) counts.connections++
    note(destination, line, kind, synthetic)
    const connection = text(line.connection)
    if (connection !== undefined && byConnection.size < destinationsMax * 4)
      byConnection.set(connection, destination)
    const call = callOf(line)
    if (call !== undefined && calls.size < 100_000) calls.add(call)
  }

  /** Refusals that were too many for a line each. */
  function addRefusals(line: Fields): void {
    const destination = destinationOf(line, destinations)
    if (destination === 'skip' || destination === 'beyond') counts.skipped++
    else if (typeof line.count === 'number' && line.count > 0) {
      destination.refused += line.count
      counts.connections += line.count
    }
  }

  function addLookup(line: Fields): void {
    const name = text(asObject(line.query)?.hostname) ?? text(asObject(asObject(line.dns)?.query)?.hostname)
    const read = name === undefined ? undefined : readHost(name)
    if (read?.kind !== 'name') counts.skipped++
    else if (lookedUp.has(read.name) || lookedUp.size < destinationsMax) {
      lookedUp.set(read.name, (lookedUp.get(read.name) ?? 0) + 1)
    } else counts.beyond++
  }

  return {
    add(record) {
      const line = asObject(record)
      const kind = text(line?.class)
      if (!line || kind === undefined) counts.skipped++
      else if (connectionKinds.has(kind)) addConnection(line, kind)
      else if (kind === 'dns_activity') addLookup(line)
      else if (kind === 'aggregate' && line.of === 'network_activity') addRefusals(line)
      else if (kind === 'detection_finding') {
        counts.findings++
        flag(line, flagged)
      } else counts.skipped++
    },
    end() {
      for (const [key, title] of flagged) byConnection.get(key)?.dangers.add(title)
      for (const destination of destinations.values()) {
        for (const key of destination.keys) {
          const title = flagged.get(key)
          if (title !== undefined) destination.dangers.add(title)
        }
        lookedUp.delete(destination.host)
      }
      return { destinations: [...destinations.values()], lookedUp, calls: calls.size, ...counts }
    },
  }
}

const connectionKinds: ReadonlySet<string> = new Set([
  'network_activity',
  'http_activity',
  'ssh_activity',
  'tls_activity',
])

function destinationOf(line: Fields, known: Map<string, Destination>): Destination | 'skip' | 'beyond' {
  const endpoint = asObject(line.dstEndpoint)
  const observed = asObject(line.observed)
  if (!endpoint && !observed) return 'skip'
  const name =
    text(observed?.dnsName) ??
    text(endpoint?.hostname) ??
    text(observed?.sni) ??
    hostOnly(text(observed?.httpHost))
  const ip = canonicalIp(text(endpoint?.ip) ?? '')
  const read = name === undefined ? undefined : readHost(name)
  const host = read && read.kind !== 'bad' ? (read.kind === 'ip' ? read.ip : read.name) : ip
  if (host === undefined) return 'skip'
  const portValue = typeof endpoint?.port === 'number' ? endpoint.port : undefined
  const port =
    portValue !== undefined && Number.isInteger(portValue) && portValue > 0 && portValue < 65_536
      ? portValue
      : undefined
  const transportText = text(line.transport)
  const transport =
    transportText === 'udp' || transportText === 'icmp' || transportText === 'other' ? transportText : 'tcp'
  const key = `${host} ${port ?? ''} ${transport}`
  const before = known.get(key)
  if (before) return before
  if (known.size >= destinationsMax) return 'beyond'
  const made: Destination = {
    host,
    kind: read?.kind === 'name' ? 'name' : 'ip',
    port,
    transport,
    allowed: 0,
    refused: 0,
    protocols: new Set(),
    calls: new Set(),
    programs: new Set(),
    methods: new Set(),
    paths: new Set(),
    morePaths: false,
    dangers: new Set(),
    keys: new Set([host, `${host}:${port}`]),
  }
  if (read?.kind === 'bad') made.dangers.add(`its name ${read.shown} is none: ${read.why}`)
  known.set(key, made)
  return made
}

/** Every text in a finding may be a connection, an address or a name it accuses. */
function flag(finding: Fields, flagged: Map<string, string>): void {
  const info = asObject(finding.finding_info) ?? asObject(finding.finding)
  const id = text(asObject(info?.analytic)?.uid) ?? text(finding.detection) ?? text(info?.detection)
  const title = `finding ${id ?? text(info?.title) ?? 'without a name'}`
  let budget = 500
  const walk = (value: unknown, depth: number): void => {
    if (--budget < 0 || depth > 5) return
    if (typeof value === 'string') {
      if (value.length > 0 && value.length <= 300 && flagged.size < destinationsMax) flagged.set(value, title)
    } else if (Array.isArray(value)) for (const one of value) walk(one, depth + 1)
    else if (typeof value === 'object' && value !== null)
      for (const one of Object.values(value)) walk(one, depth + 1)
  }
  walk(finding, 0)
  const endpoint = asObject(finding.dstEndpoint)
  const host = text(endpoint?.hostname) ?? text(endpoint?.ip)
  if (host !== undefined && typeof endpoint?.port === 'number') flagged.set(`${host}:${endpoint.port}`, title)
}

function hostOnly(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const { host } = readHostPort(value)
  return host.kind === 'name' ? host.name : host.kind === 'ip' ? host.ip : undefined
}
