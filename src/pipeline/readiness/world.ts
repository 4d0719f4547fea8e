// What simulated alarms are drawn from: the calls as they ran, and the records of these logs as patterns for new ones.

import {
  type AttributionResult,
  attributionDefaults,
  callFlags,
  eventFlags,
  targetVias,
  tiers,
} from '../../attribution/api.ts'
import { type Keys, reaches } from '../../attribution/keys.ts'
import { eventClasses } from '../../schema/event.ts'
import type { Case } from '../case.ts'

/** A record of these logs: what a new alarm would be stamped and keyed like. */
export interface Pattern {
  readonly event: number
  /** Group of sandboxes its address stands for; -1 when it fits none of the recorded. */
  readonly group: number
  readonly exact: boolean
  readonly spanUs: number
  readonly doubtUs: number
  readonly aligned: boolean
  /** The clock's zone is not known and nothing tells its offset: no call can be named by time at all. */
  readonly timeless: boolean
  readonly named: boolean
  readonly identity: boolean
}

export interface World {
  readonly keys: Keys
  /** Calls that may cause something. */
  readonly calls: readonly number[]
  /** Those that alarms are drawn from: they name a place or were found to have reached one; all, where none do. */
  readonly reaching: readonly number[]
  readonly startUs: Float64Array
  readonly endUs: Float64Array
  readonly slackUs: Float64Array
  /** The call leaves work behind. */
  readonly leaves: Uint8Array
  /** Its window is that of its turn, its episode or its file. */
  readonly vague: Uint8Array
  readonly patterns: readonly Pattern[]
  /** Alarms, when there are enough of them to stand for new ones. */
  readonly patternsAre: 'alarms' | 'connections'
  /** Groups under which each sandbox was seen, and how often. */
  readonly groupsOf: ReadonlyMap<number, readonly number[]>
  /** Boxes that only traces without a name stand for. */
  readonly unnamed: readonly number[]
  /** Texts that a call names, and the calls that name a text (at most `namersMax`). */
  targetsOf(j: number): readonly number[]
  namers(text: number): readonly number[]
  isAddress(text: number): boolean
  /** Of what naming calls reach, how much they name: from this case where it tells, else one half. */
  readonly nameShare: number
  /** Names asked for or contacted stand in the logs. */
  readonly namesKnown: boolean
  /** Of the sandboxes and times alarms come from, of how many calls are recorded. */
  readonly recorded: number
}

const patternsMax = 20_000
const alarmsMin = 20
const callsMax = 2_000_000
const namersMax = 5_000
const clockDoubtUs = 20_000
const nearUs = 600e6
const slotsMax = 1_008

export function worldOf(theCase: Case, result: AttributionResult, keys: Keys): World {
  const { merged, attribution, domains } = theCase
  const { events } = merged
  const { calls } = attribution
  const texts = merged.texts.list
  const usable: number[] = []
  const slackUs = new Float64Array(calls.n)
  const leaves = new Uint8Array(calls.n)
  const vague = new Uint8Array(calls.n)
  for (let j = 0; j < calls.n; j++) {
    const slack = calls.uncertaintyUs[j]!
    slackUs[j] = Number.isFinite(slack) && slack > 0 ? slack : 0
    leaves[j] = (calls.flags[j]! & callFlags.background) !== 0 ? 1 : 0
    // Of `timeSources`: from `next-record` on nobody saw the call's own end.
    vague[j] = merged.calls.timeSource[j]! >= 3 || Number.isNaN(calls.endUs[j]!) ? 1 : 0
    const silent = (calls.flags[j]! & (callFlags.offline | callFlags.echo)) !== 0
    if (!silent && Number.isFinite(result.callStartUs[j]!) && usable.length < callsMax) usable.push(j)
  }

  const clockOf = new Map(result.clocks.map((clock) => [clock.domain, clock]))
  const asides = [eventClasses.indexOf('process_activity'), eventClasses.indexOf('api_activity')]
  const dnsClass = eventClasses.indexOf('dns_activity')
  const isAlarm = (i: number) => (events.flags[i]! & (eventFlags.alert | eventFlags.blocked)) !== 0
  const judged: number[] = []
  let alarms = 0
  let lookups = 0
  for (let i = 0; i < events.n; i++) {
    const reach = reaches[keys.reach[i]!]
    if (asides.includes(events.class[i]!) || reach === 'inbound' || !Number.isFinite(result.eventUs[i]!))
      continue
    judged.push(i)
    if (isAlarm(i)) alarms++
    if (events.class[i] === dnsClass) lookups++
  }
  const patternsAre = alarms >= alarmsMin ? 'alarms' : 'connections'
  const chosen = patternsAre === 'alarms' ? judged.filter(isAlarm) : judged
  const stride = Math.max(1, Math.ceil(chosen.length / patternsMax))
  const patterns: Pattern[] = []
  const seen = new Map<number, Set<number>>()
  for (let k = 0; k < chosen.length; k += stride) {
    const i = chosen[k]!
    const clock = domains.clocks[domains.eventClock[i]!]!
    const estimate = clockOf.get(clock.name)
    const group = keys.eventGroup[i]!
    const aligned = estimate?.aligned === true || clock.side === 'agent'
    patterns.push({
      event: i,
      group,
      exact: reaches[keys.reach[i]!] === 'exact' || result.eventBox[i] !== 0,
      spanUs: Math.max(1, events.spanUs[i]!),
      doubtUs: Math.max(clockDoubtUs, 1500 * (estimate?.sdMs ?? 0)),
      aligned,
      timeless: !aligned && clock.zone !== 'utc',
      named: result.dstName[i] !== 0,
      identity: events.identity[i] !== 0,
    })
    const members = group < 0 ? undefined : keys.groups[group]
    if (!members || members.boxes.length > groupBoxesMax) continue
    members.boxes.forEach((b, m) => {
      if (members.weight[m] !== 1) return
      const groups = seen.get(b) ?? new Set()
      seen.set(b, groups.add(group))
    })
  }

  const namersOf = new Map<number, number[]>()
  const targetsOf = (j: number) => {
    const out: number[] = []
    for (let t = calls.targetsStart[j]!; t < calls.targetsStart[j + 1]!; t++) {
      // What only stood in an answer was not named by the call.
      if (targetVias[calls.targetVia[t]!] !== 'output' && calls.targets[t] !== 0) out.push(calls.targets[t]!)
    }
    return out
  }
  for (const j of usable) {
    for (const text of targetsOf(j)) {
      const list = namersOf.get(text) ?? []
      if (list.length < namersMax) list.push(j)
      namersOf.set(text, list)
    }
  }
  const led = new Uint8Array(calls.n)
  for (const i of judged) {
    const first = result.candStart[i]!
    if (first < result.candStart[i + 1]! && result.candP[first]! >= attributionDefaults.likely)
      led[result.candCall[first]!] = 1
  }
  const reaching = usable.filter((j) => led[j] === 1 || targetsOf(j).length > 0)
  const unnamed: number[] = []
  keys.assumedBox.forEach((is, b) => {
    if (is === 1) unnamed.push(b)
  })
  return {
    keys,
    calls: usable,
    reaching: reaching.length > 0 ? reaching : usable,
    startUs: result.callStartUs,
    endUs: result.callEndUs,
    ...{ slackUs, leaves, vague, patterns, patternsAre, unnamed, targetsOf },
    groupsOf: new Map([...seen].map(([b, groups]) => [b, [...groups].sort((x, y) => x - y)])),
    namers: (text) => namersOf.get(text) ?? [],
    isAddress: (text) => /^[\d.]+$|:/.test(texts[text] ?? ''),
    nameShare: nameShareOf(result, patterns, (j) => targetsOf(j).length > 0),
    namesKnown: lookups > 0,
    recorded: recordedOf(theCase, result, keys, patterns),
  }
}

/** An address that stands for more sandboxes than this tells nothing that is worth remembering by sandbox. */
const groupBoxesMax = 4_096

/** Of the events whose call is known and names places, how many are at one of these. */
function nameShareOf(
  result: AttributionResult,
  patterns: readonly Pattern[],
  names: (j: number) => boolean,
): number {
  let known = 0
  let named = 0
  for (const { event: i } of patterns) {
    const first = result.candStart[i]!
    if (first === result.candStart[i + 1]! || result.candP[first]! < attributionDefaults.likely) continue
    if (!names(result.candCall[first]!)) continue
    known++
    if (result.tier[i]! >= tiers.indexOf('content')) named++
  }
  return known < 20 ? 0.5 : named / known
}

/** Calls must be recorded of the sandbox an alarm comes from, and of its time. */
function recordedOf(
  { topology }: Case,
  result: AttributionResult,
  keys: Keys,
  patterns: readonly Pattern[],
): number {
  const traced = new Set(keys.callBox)
  const hosts = new Set(topology.map(({ host }) => host))
  let sandboxes = 0
  let have = 0
  let homeless = 0
  for (const b of traced) if (keys.assumedBox[b] === 1) homeless++
  for (let b = 0; b < keys.topologyBoxes; b++) {
    if (hosts.has(keys.boxes[b]!)) continue
    sandboxes++
    if (traced.has(b)) have++
  }
  // A trace that does not say where it ran may be of any sandbox without one.
  const places = sandboxes === 0 ? 1 : Math.min(1, (have + homeless) / sandboxes)
  const busy = new Set<number>()
  for (let j = 0; j < result.callStartUs.length; j++) {
    const first = Math.floor(result.callStartUs[j]! / nearUs)
    const last = Math.floor(result.callEndUs[j]! / nearUs)
    if (!Number.isFinite(first)) continue
    for (let slot = first; slot <= Math.min(last, first + slotsMax); slot++) busy.add(slot)
  }
  let met = 0
  for (const { event } of patterns) {
    const slot = Math.floor(result.eventUs[event]! / nearUs)
    if (busy.has(slot) || busy.has(slot - 1) || busy.has(slot + 1)) met++
  }
  return places * (patterns.length === 0 ? 1 : met / patterns.length)
}
