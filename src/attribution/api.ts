// What attribution is handed and what it answers: flat columns, so that ten million rows fit and sort fast.
//
// Texts (addresses, names, rules, boxes, episodes) are ids into one `texts` list; id 0 is "" and means unknown.
// All times are µs; unless said otherwise they are on the source's own clock, before correction.

import type { TopologyEntry } from '../schema/topology.ts'
import type { CalibrationTable } from './calibration-table.ts'
import type { Keys } from './keys.ts'

/** One clock: records stamped by the same machine in the same way. */
export interface ClockDomain {
  /** `suricata-eve:eve`, `claude-code`… The same whatever the order of inputs. */
  readonly name: string
  /** Agents' traces are the reference; a naive trace is moved, not the firewall's UTC. */
  readonly side: 'network' | 'agent'
  /** `naive`: local time of an unknown zone was read as if it were UTC. `uptime`: only differences mean something. */
  readonly zone: 'utc' | 'naive' | 'uptime'
  /** Domains whose name differs only by file share one family: a weak one may borrow its family's offset. */
  readonly family: string
}

export interface EventColumns {
  readonly n: number
  /** Onset: the event began in [fromUs, fromUs + spanUs). */
  readonly fromUs: Float64Array
  readonly spanUs: Float64Array
  /** When it ended; NaN when the record does not say. */
  readonly endUs: Float64Array
  readonly clock: Uint16Array
  /** Text ids. `srcIp` is who began the connection. `natIp` only where the record knows both sides. */
  readonly srcIp: Uint32Array
  readonly dstIp: Uint32Array
  readonly natIp: Uint32Array
  readonly srcPort: Uint16Array
  readonly dstPort: Uint16Array
  readonly natPort: Uint16Array
  /** Best name the record itself carries for the destination: SNI, Host, DNS question; lower case. */
  readonly name: Uint32Array
  readonly rule: Uint32Array
  /** The sandbox when the record itself names it. */
  readonly box: Uint32Array
  /** `sourceId` of the call when a kernel-side record outside the sandbox names it: the identity tier. */
  readonly identity: Uint32Array
  /** The sensor's id of the connection: records that share (clock, connection) are one connection. */
  readonly connection: Uint32Array
  /** Index into `eventClasses`. */
  readonly class: Uint8Array
  /** 0 unknown, 1 tcp, 2 udp, 3 icmp, 4 other. */
  readonly transport: Uint8Array
  /** Bits of `eventFlags`. */
  readonly flags: Uint8Array
  readonly bytesOut: Float64Array
  readonly bytesIn: Float64Array
  /** DNS answers of event i: text ids `answers[answersStart[i] … answersStart[i + 1])`. */
  readonly answersStart: Uint32Array
  readonly answers: Uint32Array
  /** Which input it came from, and its line there; with `file` order fixed by content they break ties. */
  readonly file: Uint32Array
  readonly line: Uint32Array
}

export const eventFlags = { alert: 1, blocked: 2, established: 4, failed: 8, ingestTime: 16 } as const

export interface CallColumns {
  readonly n: number
  readonly startUs: Float64Array
  /** NaN when the trace has no end for it. */
  readonly endUs: Float64Array
  /** How far outside [start, end] the work may lie. */
  readonly uncertaintyUs: Float64Array
  readonly clock: Uint16Array
  /** Text id of the sandbox after joining the trace's names to the topology; 0 unknown. */
  readonly box: Uint32Array
  readonly episode: Uint32Array
  readonly run: Uint32Array
  readonly sourceId: Uint32Array
  /** -1 unknown. */
  readonly turn: Int32Array
  readonly step: Int32Array
  /** Index of its tool class, below `toolClasses`. */
  readonly toolClass: Uint8Array
  /** Bits of `callFlags`. */
  readonly flags: Uint8Array
  /** What its text names: targets `targetsStart[j] … targetsStart[j + 1])` of the three lists below. */
  readonly targetsStart: Uint32Array
  /** Text id of an address or a lower-case name; 0 when the target is a bare port. */
  readonly targets: Uint32Array
  /** Port named with it, 0 none. */
  readonly targetPort: Uint16Array
  /** Index into `targetVias`. */
  readonly targetVia: Uint8Array
  readonly file: Uint32Array
  readonly line: Uint32Array
}

export const callFlags = {
  /** Starts work that goes on after the call's end. */
  background: 1,
  /** Its tool cannot reach the network at all (a file viewer): a negative control. */
  offline: 2,
  /** Repeats another call from another input: never a candidate. */
  echo: 4,
} as const

/** How a target was found; earlier ones say more. `output`: it stood in what the tool answered. */
export const targetVias = ['literal', 'decoded', 'script', 'tool-map', 'output'] as const

export interface AttributionCase {
  readonly texts: readonly string[]
  readonly clocks: readonly ClockDomain[]
  readonly events: EventColumns
  readonly calls: CallColumns
  readonly topology: readonly TopologyEntry[]
  /** Names of tool classes, by index. */
  readonly toolClasses: readonly string[]
  /** Windows in which no agent ran, µs on the reference clock. */
  readonly controls: readonly { readonly fromUs: number; readonly toUs: number }[]
}

export interface ClockEstimate {
  readonly domain: string
  /** How far this clock is ahead of the reference (the agents' traces), in ms at `referenceUs`. */
  readonly offsetMs: number
  readonly driftPpm: number
  readonly sdMs: number
  readonly z: number
  readonly aligned: boolean
  /** In words: how it was found, or why not ("12 of 40 shared names agree…"; "borrowed from …"). */
  readonly note: string
}

export type Tier = 'identity' | 'content' | 'time' | 'none'
export const tiers: readonly Tier[] = ['none', 'time', 'content', 'identity']
export const noneKinds = ['periodic-job', 'host-daemon', 'outside', 'unrecorded-agent'] as const

export interface Evidence {
  /** `time`, `name`, `address`, `port`, `dns`, `box`, `session`, `identity`, `script`, `tool-map`, `rarity`… */
  readonly kind: string
  /** Natural logarithm of the odds it adds for this call against none; negative speaks against. */
  readonly logOdds: number
  readonly text: string
}

export interface Hypothesis {
  readonly name: 'agent-caused' | 'periodic-job' | 'outside' | 'background'
  readonly score: number
  readonly pValue: number
  readonly verdict: 'supported' | 'rejected' | 'undecided'
  /** One sentence with its numbers. */
  readonly text: string
}

/** The same tests for one destination, rule or episode, ranked; after Benjamini–Hochberg at 5 %. */
export interface GroupTest {
  readonly by: 'destination' | 'rule' | 'episode'
  readonly text: number
  readonly events: number
  readonly coincidences: number
  readonly expectedByChance: number
  readonly pValue: number
  readonly significant: boolean
}

export interface AttributionResult {
  readonly clocks: readonly ClockEstimate[]
  /** Corrected onset (earliest) of every event and start/end of every call, µs on the reference clock. */
  readonly eventUs: Float64Array
  readonly callStartUs: Float64Array
  readonly callEndUs: Float64Array
  /** Text id of the event's sandbox where exact keys fix it; 0 otherwise. */
  readonly eventBox: Uint32Array
  /** At most five candidates of p ≥ 0.01, most probable first: `candCall[candStart[i] … candStart[i + 1])`. */
  readonly candStart: Uint32Array
  readonly candCall: Uint32Array
  readonly candP: Float64Array
  readonly pNone: Float64Array
  /** Mass of the candidates beyond the five listed. */
  readonly pOther: Float64Array
  /** `pNone` shared out over `noneKinds`: 4 values an event; they sum to pNone. */
  readonly noneSplit: Float32Array
  /** Index into `tiers`, of the strongest evidence the leading candidate depends on. */
  readonly tier: Uint8Array
  /** Index of the event that began the session this one belongs to; itself when it is the onset. */
  readonly onset: Uint32Array
  /** Best name known for the destination, after DNS answers seen were used; text id. */
  readonly dstName: Uint32Array
  readonly hypotheses: readonly Hypothesis[]
  /** What would have to be supplied before `hypotheses` can be decided, as half a sentence; '' when nothing. */
  readonly missing: string
  readonly groups: readonly GroupTest[]
  /** Events that fall into some call's window of their key, and how many would by chance alone. */
  readonly coincidences: { readonly observed: number; readonly expectedByChance: number; readonly of: number }
  readonly calibrated: boolean
  /** Of connections; absent where an older fit was applied. */
  readonly calibration?: CalibrationTable
  /** Which sandboxes each event may come from; absent where an older fit was applied. */
  readonly keys?: Keys
  /** Plain sentences for the reader: what was missing, what was assumed, what would decide it. */
  readonly notes: readonly string[]
  /** Evidence of each listed candidate of event i, in the order of the candidates. */
  explain(i: number): readonly (readonly Evidence[])[]
}

/** Fixed choices, all stated in the docs. */
export const attributionDefaults = {
  preWindowUs: 500_000,
  afterWindowUs: 3_000_000,
  zMin: 10,
  attributed: 0.9,
  likely: 0.5,
  candidatesMax: 5,
  candidateMin: 0.01,
  iterationsMax: 25,
  shifts: 999,
  falseDiscoveryRate: 0.05,
  calibrationMin: 500,
  /** Pairs of a call and a connection held at once; where there are more they are made block by block. */
  pairsHeldMax: 24_000_000,
  /** Pairs that a round of the fit looks at; where there are more, some connections stand for all. */
  pairsFittedMax: 12_000_000,
} as const

export interface PairLimits {
  readonly pairsHeldMax: number
  readonly pairsFittedMax: number
}
