// What the logs of a case carry and lack, counted: by file, with the first line that shows each lack.

import { eventFlags } from '../../attribution/api.ts'
import { type Keys, type Reach, reaches } from '../../attribution/keys.ts'
import { eventClasses } from '../../schema/event.ts'
import { allowedFlag } from '../batch-words.ts'
import type { Case } from '../case.ts'

/** A count and where the first of them stands. */
export interface Tally {
  n: number
  file: string
  line: number
}

export interface LogSource {
  readonly path: string
  readonly format: string
  readonly events: number
  /** Flows, alarms, requests: what has two ends. */
  readonly connections: number
  readonly lookups: number
  readonly named: number
  readonly withoutPort: Tally
  readonly allowed: number
  readonly denied: number
  readonly alarms: number
  /** Records that know both sides of a translation. */
  readonly translated: number
  readonly wholeSeconds: Tally
  readonly windows: Tally
  /** Median width of those windows, s. */
  readonly windowSeconds: number
  readonly arrivals: Tally
  readonly naive: Tally
}

export interface LogFacts {
  readonly events: number
  readonly alarms: number
  readonly connections: number
  readonly sources: readonly LogSource[]
  readonly reach: Readonly<Record<Reach, Tally>>
  /** Events whose call the kernel named. */
  readonly identity: number
}

/** A stamp this wide, µs, is of a window and not of a moment. */
export const windowUs = 5_000_000
/** And from here on of whole seconds. */
export const secondUs = 900_000

/** Undefined when no event was read. */
export function logFacts(theCase: Case, keys: Keys): LogFacts | undefined {
  const { merged, domains } = theCase
  const { events, files, eventBase } = merged
  if (events.n === 0) return undefined
  const reach = Object.fromEntries(reaches.map((name) => [name, tally()])) as Record<Reach, Tally>
  const sources: LogSource[] = []
  let alarms = 0
  let connections = 0
  let identity = 0
  const dnsClass = eventClasses.indexOf('dns_activity')
  const asides = [eventClasses.indexOf('process_activity'), eventClasses.indexOf('api_activity')]
  for (const [f, { path, format }] of files.entries()) {
    const [from, to] = [eventBase[f]!, eventBase[f + 1]!]
    if (from === to) continue
    const s = {
      ...{ path, format, events: to - from, connections: 0, lookups: 0, named: 0, allowed: 0, denied: 0 },
      ...{ alarms: 0, translated: 0, withoutPort: tally(), wholeSeconds: tally(), windows: tally() },
      ...{ arrivals: tally(), naive: tally() },
    }
    const widths: number[] = []
    for (let i = from; i < to; i++) {
      const at = (t: Tally) => count(t, path, events.line[i]!)
      const flags = events.flags[i]!
      const alarm = (flags & (eventFlags.alert | eventFlags.blocked)) !== 0
      if (alarm) s.alarms++
      if (flags & eventFlags.blocked) s.denied++
      if (flags & allowedFlag) s.allowed++
      if (events.identity[i] !== 0) identity++
      if (events.natIp[i] !== 0) s.translated++
      if (asides.includes(events.class[i]!)) continue
      at(reach[reaches[keys.reach[i]!]!])
      if (events.class[i] === dnsClass) s.lookups++
      else {
        s.connections++
        if (events.name[i] !== 0) s.named++
        // Only TCP and UDP have ports; where the transport is unknown the port decides nothing.
        const ported = events.transport[i] === 1 || events.transport[i] === 2
        if (ported && events.srcPort[i] === 0) at(s.withoutPort)
      }
      const span = events.spanUs[i]!
      if (span > windowUs) {
        at(s.windows)
        if (widths.length < widthsMax) widths.push(span)
      } else if (span >= secondUs) at(s.wholeSeconds)
      if (flags & eventFlags.ingestTime) at(s.arrivals)
      if (domains.clocks[domains.eventClock[i]!]?.zone === 'naive') at(s.naive)
    }
    widths.sort((a, b) => a - b)
    alarms += s.alarms
    connections += s.connections
    sources.push({ ...s, windowSeconds: (widths[widths.length >> 1] ?? 0) / 1e6 })
  }
  sources.sort((a, b) => b.events - a.events || (a.path < b.path ? -1 : 1))
  return { events: events.n, alarms, connections, sources, reach, identity }
}

const widthsMax = 50_000

export function tally(): Tally {
  return { n: 0, file: '', line: 0 }
}

/** Counts one more; the earliest file and line by name stand as the example. */
export function count(t: Tally, file: string, line: number): void {
  if (t.n++ === 0) Object.assign(t, { file, line })
}

/** The sum over sources, with the first example. */
export function sumOf<S>(sources: readonly S[], of: (source: S) => Tally): Tally {
  const sum = tally()
  for (const source of sources) {
    const one = of(source)
    if (one.n === 0) continue
    if (sum.n === 0) Object.assign(sum, { file: one.file, line: one.line })
    sum.n += one.n
  }
  return sum
}
