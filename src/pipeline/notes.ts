// Plain sentences on what was missing from the inputs and what to supply next, the most useful first.

import type { AttributionResult } from '../attribution/api.ts'
import { plain } from '../base/terminal.ts'
import { toIso } from '../base/time.ts'
import type { InputSummary } from '../schema/summary.ts'
import type { Case } from './case.ts'
import { count } from './verdict.ts'

/** Clocks whose error is smaller than this are not worth a sentence. */
const offsetWorthMs = 60_000
/** Zones reach this far; logs that are further apart are of different days. */
const zoneMaxUs = 14.5 * 3_600_000_000
const nearUs = 600_000_000
/** So few events or sandboxes may share one address by accident. */
const sharedMin = { events: 10, boxes: 2 } as const
const namesShown = 3

export function caseNotes(
  theCase: Case,
  result: AttributionResult,
  inputs: readonly InputSummary[],
  /** The kernel named the call of every event: what would make estimates better is of no use. */
  certain: boolean,
): string[] {
  const own = [...fileNotes(inputs), ...missingNotes(inputs)]
  const { events, calls } = theCase.merged
  if (certain && events.n > 0) return own
  // Where one side is missing, how the other was judged is of no use.
  if (events.n === 0 || calls.n === 0) return [...own, ...theCase.notes]
  const times = timeNotes(theCase, result)
  const topology = topologyNotes(theCase)
  const said = [
    ...(times.length > 0 ? ['Logs and traces do not overlap'] : []),
    ...(topology.length > 0 ? ['There is no topology'] : []),
  ]
  return [
    ...own,
    ...times,
    ...clockNotes(result),
    ...topology,
    ...theCase.notes,
    ...result.notes.filter((note) => !said.some((start) => note.startsWith(start))),
  ]
}

/** Files that gave nothing or only in part. */
function fileNotes(inputs: readonly InputSummary[]): string[] {
  const notes: string[] = []
  if (inputs.length === 0)
    return ['No file was found. Give the firewall logs and the agent traces, as files or folders.']
  const unknown = inputs.filter(({ format }) => format === 'unknown')
  for (const [note, paths] of byNote(unknown)) {
    notes.push(`${paths} could not be recognised: ${note}.`)
  }
  if (unknown.length > 0) notes.push('The formats that are read stand in docs/reference/importers.md.')
  for (const [note, paths] of byNote(inputs.filter(({ format }) => format === 'unreadable'))) {
    notes.push(`${paths} could not be read: ${note}.`)
  }
  for (const { path, format, rejected, records, note } of inputs) {
    if (format === 'unknown' || format === 'unreadable' || format === 'duplicate') continue
    if (note !== undefined) notes.push(`${plain(path, 100)}: ${plain(note, 200)}.`)
    if (rejected > 0 && rejected * 5 > records)
      notes.push(
        `${plain(path, 100)}: ${rejected} of ${records} records could not be read; each stands in rejects.jsonl with the reason.`,
      )
  }
  return notes
}

/** `a.pdf, b.pdf and 3 more` by what is said of them. */
function byNote(inputs: readonly InputSummary[]): [string, string][] {
  const paths = new Map<string, string[]>()
  for (const { path, note = '' } of inputs) paths.set(note, [...(paths.get(note) ?? []), path])
  return [...paths].slice(0, 8).map(([note, list]) => {
    const shown = list.slice(0, namesShown).map((path) => plain(path, 100))
    const more = list.length - shown.length
    return [plain(note, 200), `${shown.join(', ')}${more > 0 ? ` and ${count(more, 'further file')}` : ''}`]
  })
}

function missingNotes(inputs: readonly InputSummary[]): string[] {
  const notes: string[] = []
  const total = (key: 'events' | 'toolCalls' | 'boxes') => inputs.reduce((sum, input) => sum + input[key], 0)
  const when = (of: readonly InputSummary[]) => {
    const times = of.flatMap(({ firstTime, lastTime }) =>
      firstTime && lastTime ? [firstTime, lastTime] : [],
    )
    times.sort()
    const [first, last] = [times[0], times.at(-1)]
    return first === undefined || last === undefined ? '' : ` for ${minute(first)} to ${minute(last)} UTC`
  }
  if (inputs.length > 0 && total('events') === 0) {
    notes.push(
      `No network, DNS or alert event was read: supply the log of the firewall, a flow log, a DNS log or a packet capture${when(inputs)}.`,
    )
  }
  if (inputs.length > 0 && total('toolCalls') === 0) {
    notes.push(
      `No tool call was read: supply the agents' traces (OpenTelemetry spans, transcripts, rollout dumps)${when(inputs)}.`,
    )
  }
  return notes
}

/** Whether logs and traces speak of the same time, after clocks were corrected. */
function timeNotes({ domains }: Case, { eventUs, callStartUs, callEndUs }: AttributionResult): string[] {
  const events = rangeOf([eventUs])
  const calls = rangeOf([callStartUs, callEndUs])
  if (!events || !calls) return []
  const spans = `The network logs cover ${minute(toIso(events[0]))} to ${minute(toIso(events[1]))}, the traces ${minute(toIso(calls[0]))} to ${minute(toIso(calls[1]))} UTC`
  const gap = Math.max(calls[0] - events[1], events[0] - calls[1])
  if (gap > zoneMaxUs) {
    return [
      `${spans}: they are ${spanText(gap)} apart and are of different runs. Supply the traces of the time of the logs, or the logs of the time of the traces.`,
    ]
  }
  if (gap > nearUs) {
    const naive = domains.clocks.filter(({ zone }) => zone === 'naive').map(({ name }) => plain(name, 60))
    const fix =
      naive.length > 0
        ? `${naive.slice(0, namesShown).join(', ')} has local times of an unnamed zone: say it with --tz 'FILE=ZONE'.`
        : 'Either a clock is wrong by about that much and too little in common was found to prove it (a DNS log or flows with host names would), or they are of different runs: then supply the traces of the time of the logs.'
    return [`${spans}: they do not overlap, by ${spanText(gap)}. ${fix}`]
  }
  const outside = eventsWithoutCalls(eventUs, callStartUs, callEndUs)
  return outside * 5 > eventUs.length
    ? [
        `${spans}: ${outside} of ${eventUs.length} events lie more than ten minutes from any call; nothing can be said of them but that. If agents ran then, supply the traces of that time.`,
      ]
    : []
}

/** A call is taken to be near for a week at most. */
const nearSlotsMax = 1_008

/** Events in whose ten minutes, and those before and after, no call was under way. */
function eventsWithoutCalls(events: Float64Array, starts: Float64Array, ends: Float64Array): number {
  const busy = new Set<number>()
  for (let j = 0; j < starts.length; j++) {
    const first = Math.floor(starts[j]! / nearUs)
    const last = Math.floor((Number.isFinite(ends[j]!) ? ends[j]! : starts[j]!) / nearUs)
    for (let slot = first; slot <= Math.min(last, first + nearSlotsMax); slot++) busy.add(slot)
  }
  let outside = 0
  for (const us of events) {
    const slot = Math.floor(us / nearUs)
    if (!busy.has(slot) && !busy.has(slot - 1) && !busy.has(slot + 1)) outside++
  }
  return outside
}

function rangeOf(columns: readonly Float64Array[]): [number, number] | undefined {
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const column of columns) {
    for (const us of column) {
      if (!Number.isFinite(us)) continue
      if (us < first) first = us
      if (us > last) last = us
    }
  }
  return first <= last ? [first, last] : undefined
}

function clockNotes({ clocks }: AttributionResult): string[] {
  return clocks
    .filter(({ aligned, offsetMs }) => aligned && Math.abs(offsetMs) >= offsetWorthMs)
    .map(
      ({ domain, offsetMs }) =>
        `The clock of ${plain(domain, 80)} is ${spanText(Math.abs(offsetMs) * 1000)} ${offsetMs > 0 ? 'ahead of' : 'behind'} the traces; its times were corrected by that much.`,
    )
}

function topologyNotes({ topology, merged }: Case): string[] {
  const { events, texts } = merged
  const sources = new Map<number, number>()
  for (let i = 0; i < events.n; i++) sources.set(events.srcIp[i]!, (sources.get(events.srcIp[i]!) ?? 0) + 1)
  sources.delete(0)
  const ranked = [...sources].sort(([, a], [, b]) => b - a)
  const [busiest] = ranked
  if (!busiest) return []
  const address = (id: number) => plain(texts.list[id]!, 50)
  if (topology.length === 0) {
    const alone = ranked.length === 1 && events.n >= sharedMin.events && placesOf(merged) >= sharedMin.boxes
    return [
      alone
        ? `Every event comes from one address, ${address(busiest[0])}, most likely that of a NAT gateway or proxy: which sandbox was behind it cannot be seen. Supply what translates it back (conntrack or NAT log, port ranges in a topology file) or a log from the inner side.`
        : 'No topology was given: which sandbox was behind which address is unknown. A topology file (--topology), docker inspect, a pod list or a conntrack log makes the answers far more certain.',
    ]
  }
  const listed = new Set(topology.flatMap(({ ip, nat }) => [...ip, ...nat.map((range) => range.ip)]))
  const seen = (column: Uint32Array) => column.some((id) => id !== 0 && listed.has(texts.list[id]!))
  if (listed.size > 0 && !seen(events.srcIp) && !seen(events.natIp) && !seen(events.dstIp)) {
    const shown = ranked.slice(0, namesShown).map(([id]) => address(id))
    return [
      `The topology lists ${count(new Set(topology.map(({ box }) => box)).size, 'sandbox', 'sandboxes')}, but none of its addresses stands in the logs (they have ${shown.join(', ')}${ranked.length > namesShown ? ', …' : ''}). Either it is of another run, or the logs were written outside a NAT: add the outer addresses as "nat".`,
    ]
  }
  return []
}

/** Places that traces tell apart, counted up to a few. */
function placesOf({ calls }: Case['merged']): number {
  const places = new Set<number>()
  for (const id of calls.hints) if (places.size < 10) places.add(id)
  for (const id of calls.file) if (places.size < 10) places.add(-1 - id)
  return places.size
}

function minute(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)}`
}

function spanText(us: number): string {
  const minutes = Math.round(us / 60_000_000)
  if (minutes < 60) return count(minutes, 'minute')
  const hours = Math.floor(minutes / 60)
  if (hours >= 48) return count(Math.round(hours / 24), 'day')
  return minutes % 60 === 0 ? count(hours, 'hour') : `${count(hours, 'hour')} ${minutes % 60} min`
}
