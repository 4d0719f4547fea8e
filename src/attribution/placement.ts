// Traces that do not say where they ran, and addresses that no topology lists: matched by what the one names and the
// other contacts at the same time. A match must be plain before it is used.

import type { EventColumns } from './api.ts'
import { type Keys, reaches, reachSources } from './keys.ts'
import { keptMax, type Posterior } from './posterior.ts'
import type { Units } from './sessions.ts'
import { matchLevels, type TargetIndex } from './targets.ts'
import type { CallWindows } from './windows.ts'

const outputLevel = matchLevels.indexOf('output')
const decisive = { matches: 3, times: 4 }
/** By the model's own account: connections, and how many times those of the next best address. */
const accounted = { connections: 3, times: 3 }
/** What a trace still counts at an address where it was plainly not. */
const elsewhere = 0.01
const earlyUs = 1_000_000
const lateUs = 5_000_000
const namersMax = 4096

export interface Placement {
  readonly keys: Keys
  readonly notes: readonly string[]
}

export function placeTraces(
  events: EventColumns,
  times: Float64Array,
  keys: Keys,
  names: Uint32Array,
  targets: TargetIndex,
  windows: CallWindows,
): Placement {
  const homeless = homelessBoxes(keys)
  if (homeless.length === 0) return { keys, notes: [] }
  const isHomeless = membership(homeless, keys)
  const sourceOf = sourceNames(events, keys)
  const score: Scores = new Map()
  const seen = new Set<string>()
  const { named } = targets
  for (let i = 0; i < events.n; i++) {
    const source = sourceOf(i)
    if (source === '' || !Number.isFinite(times[i]!)) continue
    const one = `${source}|${events.connection[i] || `e${i}`}|${names[i]}|${events.dstIp[i]}`
    if (seen.has(one)) continue
    seen.add(one)
    const d = targets.destination(events.dstIp[i]!, names[i]!, 0)
    const fitting = new Set<number>()
    for (const text of d.strong) {
      const end = named.start[text + 1]!
      if (end - named.start[text]! > namersMax) continue
      for (let k = named.start[text]!; k < end; k++) {
        const j = named.call[k]!
        if (named.level[k]! <= outputLevel || isHomeless[keys.callBox[j]!] !== 1) continue
        const slack = windows.slack[j]!
        if (times[i]! + events.spanUs[i]! < windows.start[j]! - slack - earlyUs) continue
        if (times[i]! <= windows.end[j]! + slack + lateUs) fitting.add(keys.callBox[j]!)
      }
    }
    for (const b of fitting) {
      const row = score.get(source) ?? new Map<number, number>()
      row.set(b, (row.get(b) ?? 0) + 1 / fitting.size)
      score.set(source, row)
    }
  }
  return placed(events, keys, homeless, score, decisive.matches, decisive.times, 'by what they name')
}

/**
 * The same once there is a model: a trace ran at the address whose connections it explains. `keys` are those from
 * before any placing. Undefined when that places nothing that was not.
 */
export function placeByModel(
  events: EventColumns,
  keys: Keys,
  before: Keys,
  units: Units,
  post: Posterior,
): Placement | undefined {
  const homeless = homelessBoxes(keys)
  if (homeless.length === 0) return undefined
  const isHomeless = membership(homeless, keys)
  const sourceOf = sourceNames(events, keys)
  const score: Scores = new Map()
  for (let u = 0; u < units.n; u++) {
    const source = sourceOf(units.event[u]!)
    if (source === '') continue
    const row = score.get(source) ?? new Map<number, number>()
    score.set(source, row)
    for (let x = u * keptMax; x < (u + 1) * keptMax; x++) {
      const call = post.call[x]!
      if (call < 0) break
      const b = keys.callBox[call]!
      if (isHomeless[b] === 1) row.set(b, (row.get(b) ?? 0) + post.p[x]!)
    }
  }
  const { connections, times } = accounted
  const next = placed(events, keys, homeless, score, connections, times, 'by what they explain')
  return next.keys === keys || sameGroups(next.keys, before) ? undefined : next
}

/** By address (`sourceNames`), how much speaks for each trace. */
type Scores = Map<string, Map<number, number>>

function homelessBoxes(keys: Keys): number[] {
  const homeless: number[] = []
  for (let b = 0; b < keys.boxes.length; b++) {
    if (b >= keys.topologyBoxes && (keys.assumedBox[b] === 1 || keys.topologyBoxes === 0)) homeless.push(b)
  }
  return homeless
}

function membership(boxes: readonly number[], keys: Keys): Uint8Array {
  const inside = new Uint8Array(keys.boxes.length)
  for (const b of boxes) inside[b] = 1
  return inside
}

function sameGroups(a: Keys, b: Keys): boolean {
  return (
    a.groups.length === b.groups.length &&
    a.groups.every((group, g) => group.weight.every((w, k) => w === b.groups[g]!.weight[k])) &&
    a.eventGroup.every((g, i) => g === b.eventGroup[i])
  )
}

function placed(
  events: EventColumns,
  keys: Keys,
  homeless: readonly number[],
  score: Scores,
  least: number,
  times: number,
  how: string,
): Placement {
  const home = new Map<number, string>()
  for (const b of homeless) {
    let best = ''
    let most = 0
    let next = 0
    for (const [source, row] of score) {
      const s = row.get(b) ?? 0
      if (s > most) {
        next = most
        most = s
        best = source
      } else if (s > next) next = s
    }
    if (most >= least && most >= times * next) home.set(b, best)
  }
  if (home.size === 0) return { keys, notes: [] }
  const unplaced = homeless.length - home.size
  const said = `${home.size} of ${homeless.length} traces do not say where they ran and were matched to an address ${how}`
  return {
    keys: regrouped(events, keys, membership(homeless, keys), home, sourceNames(events, keys)),
    notes: [`${said}${unplaced > 0 ? `; ${unplaced} could not be` : ''}. A topology file would settle it.`],
  }
}

/** What an event's boxes are known by: its one box, its NAT group, or the bare address; '' when nothing. */
function sourceNames(events: EventColumns, keys: Keys): (i: number) => string {
  const any = reaches.indexOf('any')
  return (i) => {
    const g = keys.eventGroup[i]!
    if (g < 0) return ''
    if (keys.reach[i] !== any) return `g${g}`
    return events.srcIp[i] === 0 ? '' : `s${events.srcIp[i]}`
  }
}

function regrouped(
  events: EventColumns,
  keys: Keys,
  isHomeless: Uint8Array,
  home: ReadonlyMap<number, string>,
  sourceOf: (i: number) => string,
): Keys {
  const groups: { boxes: Uint32Array; weight: Float64Array }[] = []
  /** Whether exactly one trace of the group was matched to its address, by new group. */
  const settled: boolean[] = []
  const known = new Map<string, number>()
  const eventGroup = keys.eventGroup.slice()
  const reach = keys.reach.slice()
  const from = keys.source.slice()
  const any = reaches.indexOf('any')
  for (let i = 0; i < events.n; i++) {
    const g = keys.eventGroup[i]!
    if (g < 0) continue
    const source = sourceOf(i)
    const key = `${g}|${source}`
    let to = known.get(key)
    if (to === undefined) {
      const old = keys.groups[g]!
      const weight = old.weight.map((w, k) => {
        const b = old.boxes[k]!
        if (isHomeless[b] !== 1) return w
        const at = home.get(b)
        return at === undefined || source === '' ? w : at === source ? 1 : elsewhere
      })
      to = groups.length
      groups.push({ boxes: old.boxes, weight })
      settled.push(old.boxes.filter((b, k) => weight[k] === 1 && home.get(b) === source).length === 1)
      known.set(key, to)
    }
    eventGroup[i] = to
    if (settled[to]! && keys.reach[i] === any) {
      reach[i] = reaches.indexOf('exact')
      from[i] = reachSources.indexOf('learned')
    }
  }
  return { ...keys, groups, eventGroup, reach, source: from }
}
