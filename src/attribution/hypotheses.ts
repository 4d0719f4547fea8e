// Did the agents cause the alarms, as a whole? Against chance: the same alarms, the same calls, moved apart in time.
//
// The statistic uses fixed prior rates, not fitted ones: a model fitted to the very coincidences it then tests finds
// them too easily. Whole trains of a group move rigidly, so bursts stay bursts.

import { attributionDefaults, type GroupTest, type Hypothesis } from './api.ts'
import { buildField, type Field } from './coverage-field.ts'
import { episodeTests } from './episode-tests.ts'
import type { Scene } from './fit.ts'
import { binAt, binCount } from './intensity.ts'
import { reaches, reachSources } from './keys.ts'
import { knownPart } from './known-part.ts'
import { keptMax } from './posterior.ts'
import { seededRandom } from './random.ts'
import { exceeds, mean, round, smallestShift, sum, type TestInput, total } from './shifts.ts'
import { matchLevels } from './targets.ts'
import { alpha, knownMin, type Shares, verdicts } from './verdicts.ts'

const rangeMinUs = 30e6
const focusMax = 1000
const namersMax = 64
/** So many events must be seen while no call runs before a rival is believed. */
const idleMin = 3
/** Starts of calls of each address among which an imagined effect is put. */
const startsMax = 200
const outputLevel = matchLevels.indexOf('output')

export interface TestResult {
  readonly hypotheses: readonly Hypothesis[]
  readonly groups: readonly GroupTest[]
  readonly coincidences: { observed: number; expectedByChance: number; of: number }
  /** What would have to be supplied before the question can be answered, as half a sentence; '' when nothing. */
  readonly missing: string
  readonly notes: readonly string[]
}

export function testHypotheses(x: TestInput): TestResult {
  const { scene } = x
  const all = focus(x)
  const window = overlap(scene, x.usable)
  const inWindow = all.filter(
    (u) => scene.group[u]! >= 0 && scene.from[u]! >= window.from && scene.from[u]! < window.to,
  )
  const every = Math.max(1, Math.ceil(inWindow.length / focusMax))
  const tested = inWindow.filter((_, k) => k % every === 0)
  const range = window.to - window.from
  const shares = causes(x, all)
  const known = knownPart(x, all)
  if (tested.length < 3 || range < rangeMinUs) {
    const why =
      range < rangeMinUs
        ? known.missing || 'logs and traces share less than half a minute'
        : 'fewer than three alarms fall into the time for which there are calls'
    return {
      hypotheses: verdicts({ shares, known, n: all.length, why, apart: range < rangeMinUs }),
      groups: [],
      coincidences: { observed: coincidences(x, all), expectedByChance: 0, of: all.length },
      missing: why,
      notes: [`Whether the agents caused the alarms could not be tested: ${why}.`],
    }
  }
  const field = buildField(x, window)
  const ratios = tested.map((u) => ratioOf(x, field, u))
  const random = seededRandom(990_017)
  const shifts = attributionDefaults.shifts
  const labels = labelsOf(x, tested)
  const stat = new Float64Array(tested.length)
  const hit = new Float64Array(tested.length)
  tested.forEach((u, k) => {
    stat[k] = ratios[k]!(scene.from[u]!)
    hit[k] = field.covered(scene.group[u]!, scene.from[u]!, scene.to[u]!)
  })
  const observed = sum(stat)
  const nullStats = new Float64Array(shifts)
  const nullByLabel = labels.map(() => new Float64Array(shifts))
  const meanHit = new Float64Array(tested.length)
  const shift = new Float64Array(scene.groups.length)
  for (let r = 0; r < shifts; r++) {
    for (let g = 0; g < shift.length; g++)
      shift[g] = smallestShift(range) + random() * (range - 2 * smallestShift(range))
    const moved = new Float64Array(tested.length)
    tested.forEach((u, k) => {
      const g = scene.group[u]!
      const t = window.from + ((scene.from[u]! - window.from + shift[g]!) % range)
      moved[k] = ratios[k]!(t)
      meanHit[k]! += field.covered(g, t, t + scene.to[u]! - scene.from[u]!) / shifts
    })
    nullStats[r] = sum(moved)
    labels.forEach((label, l) => {
      let s = 0
      for (const k of label.members) s += moved[k]!
      nullByLabel[l]![r] = s
    })
  }
  const pValue = Math.min(1, (x.aligned ? 1 : 2) * exceeds(nullStats, observed))
  const groups: GroupTest[] = labels.map((label, l) => ({
    by: label.by,
    text: label.text,
    events: label.members.length * every,
    coincidences: Math.round(total(label.members, hit) * every),
    expectedByChance: round(total(label.members, meanHit) * every),
    pValue: exceeds(nullByLabel[l]!, total(label.members, stat)),
    significant: false,
  }))
  groups.push(...episodeTests(x, tested, window, every))
  const chance = mean(nullStats)
  const test = {
    pValue,
    asGood: Math.round(exceeds(nullStats, observed) * (shifts + 1)) - 1,
    bits: (observed - chance) / tested.length / Math.LN2,
    power: power(x, ratios, tested, nullStats),
    concurrent: mean(meanHit),
    tested: tested.length,
    goesOn: persistence(x, all, tested, hit, meanHit),
  }
  return {
    hypotheses: verdicts({ test, shares, known, n: all.length, why: known.missing, apart: false }),
    groups: benjaminiHochberg(groups),
    coincidences: {
      observed: Math.round((sum(hit) * all.length) / tested.length),
      expectedByChance: round((sum(meanHit) * all.length) / tested.length),
      of: all.length,
    },
    missing: known.share < knownMin.all ? known.missing : '',
    notes:
      test.concurrent > 0.9
        ? [
            `Calls ran ${Math.round(100 * test.concurrent)} % of the time, so that an alarm fell into one says nothing; only how soon after a start, and what commands name, speaks here.`,
          ]
        : [],
  }
}

/** How many of the events each explanation takes on. */
function causes({ post, split, units }: TestInput, list: readonly number[]): Shares {
  const out = { calls: 0, periodic: 0, daemon: 0, outside: 0, unrecorded: 0 }
  for (const u of list) {
    let p = 0
    for (let k = u * keptMax; k < (u + 1) * keptMax; k++) p += post.p[k]!
    const none = post.none[u]!
    out.calls += p + post.other[u]!
    out.periodic += none * split[u * 4]!
    out.daemon += none * split[u * 4 + 1]!
    if (begunOutside(units, u)) out.outside += none * split[u * 4 + 2]!
    out.unrecorded += none * split[u * 4 + 3]!
  }
  return out
}

/** Somebody outside began it, and at a place that is known to be ours. */
function begunOutside(units: TestInput['units'], u: number): boolean {
  return reaches[units.reach[u]!] === 'inbound' && reachSources[units.source[u]!] === 'address'
}

/**
 * Whether what calls do not explain goes on when no call runs, or in control windows: as often as half of what its
 * share of the time would bring.
 */
function persistence(
  x: TestInput,
  all: readonly number[],
  tested: readonly number[],
  hit: Float64Array,
  meanHit: Float64Array,
): { periodic: boolean; background: boolean } {
  const { scene, split, post } = x
  const seen = { periodic: 0, background: 0 }
  const due = { periodic: 0, background: 0 }
  tested.forEach((u, k) => {
    const periodic = post.none[u]! * split[u * 4]!
    const daemon = post.none[u]! * split[u * 4 + 1]!
    const idle = hit[k] === 0 ? 1 : 0
    seen.periodic += periodic * idle
    due.periodic += periodic * (1 - meanHit[k]!)
    seen.background += daemon * idle
    due.background += daemon * (1 - meanHit[k]!)
  })
  const seconds = scene.controls.reduce((sum, c) => sum + Math.max(0, c.toUs - c.fromUs), 0) / 1e6
  const watched = Math.max(1, (scene.coverTo - scene.coverFrom) / 1e6)
  const inControl = all.filter((u) =>
    scene.controls.some(({ fromUs, toUs }) => scene.from[u]! >= fromUs && scene.from[u]! < toUs),
  ).length
  const controls = inControl >= idleMin && inControl / seconds >= (0.5 * all.length) / watched
  const goesOn = (kind: 'periodic' | 'background') =>
    controls || (seen[kind] >= idleMin && seen[kind] >= 0.5 * due[kind])
  return { periodic: goesOn('periodic'), background: goesOn('background') }
}

/** The connections that alarms are about; all when no record is an alarm. */
function focus(x: TestInput): number[] {
  const alarms: number[] = []
  const all: number[] = []
  for (let u = 0; u < x.scene.n; u++) {
    if (!Number.isFinite(x.scene.from[u]!)) continue
    all.push(u)
    if (x.alarm[u] === 1) alarms.push(u)
  }
  return alarms.length > 0 ? alarms : all
}

/** Time for which there are both calls and network records. */
function overlap(scene: Scene, usable: (j: number) => boolean): { from: number; to: number } {
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  for (let j = 0; j < scene.callStart.length; j++) {
    if (!usable(j) || !Number.isFinite(scene.callStart[j]!)) continue
    from = Math.min(from, scene.callStart[j]! - 60e6)
    to = Math.max(to, scene.callEnd[j]! + 60e6)
  }
  return { from: Math.max(from, scene.coverFrom), to: Math.min(to, scene.coverTo) }
}

/** ln(1 + rate of calls / rate without) of unit u had it happened at time t. */
function ratioOf(x: TestInput, field: Field, u: number): (t: number) => number {
  const { scene, units, targets } = x
  const g = scene.group[u]!
  const mark = scene.mark[u]!
  const members = new Set(scene.groups[g]!.boxes)
  const port = units.isDns[u] === 1 ? 0 : units.dstPort[u]!
  const d = targets.destination(units.dstIp[u]!, units.name[u]!, port)
  const all = new Map<number, number>()
  for (const text of [...d.strong, ...d.weak]) {
    const named = targets.naming(text)!.calls
    // Of a place that very many name, a part stands for all; the same part whatever the shift.
    const every = Math.max(1, Math.floor(named.length / 4096))
    for (let k = 0; k < named.length; k += every) {
      const j = named[k]!
      if (!members.has(scene.callBox[j]!) || !x.usable(j)) continue
      const level = targets.level(j, d, port)
      if (level > outputLevel) all.set(j, level)
    }
  }
  const thin = Math.max(1, Math.ceil(all.size / namersMax))
  const namers = [...all].filter((_, k) => k % thin === 0).map(([j, level]) => ({ j, level }))
  const { model } = field
  const none = model.mu[g]! * model.piNone[mark]!
  const pi = model.piCall[mark]!
  const width = scene.to[u]! - scene.from[u]!
  return (t) => {
    let rate = pi * field.rate(g, t - scene.doubt[u]!, t + width + scene.doubt[u]!)
    for (const { j, level } of namers) {
      const s = scene.callStart[j]!
      if (t + width < s - 1e6) continue
      const at = Math.max(t, Math.min(t + width, s + 1000))
      const bin = binAt(at, s, scene.callEnd[j]!)
      const inside = width > 2e6 ? 1e6 / width : 1
      rate += model.g[level * binCount + bin]! * inside
    }
    return Math.log1p(rate / none)
  }
}

/** Whether a real effect would have shown: half of the alarms put shortly after calls' starts. */
function power(
  x: TestInput,
  ratios: readonly ((t: number) => number)[],
  tested: readonly number[],
  nullStats: Float64Array,
): boolean {
  const firstOfBox = new Map<number, number[]>()
  for (let j = 0; j < x.scene.callStart.length; j++) {
    if (!x.usable(j)) continue
    const box = x.scene.callBox[j]!
    const list = firstOfBox.get(box)
    if (!list) firstOfBox.set(box, [j])
    else if (list.length < startsMax) list.push(j)
  }
  const starts = new Map<number, number[]>()
  for (const u of tested) {
    const g = x.scene.group[u]!
    if (starts.has(g)) continue
    const calls = [...x.scene.groups[g]!.boxes].flatMap((b) => firstOfBox.get(b) ?? [])
    calls.sort((a, b) => a - b)
    starts.set(
      g,
      calls.slice(0, startsMax).map((j) => x.scene.callStart[j]!),
    )
  }
  const limit = [...nullStats].sort((a, b) => a - b)[Math.floor(nullStats.length * (1 - alpha))]!
  const random = seededRandom(31)
  let would = 0
  tested.forEach((u, k) => {
    const list = starts.get(x.scene.group[u]!) ?? []
    if (k % 2 === 0 && list.length > 0) would += ratios[k]!(list[Math.floor(random() * list.length)]! + 3e5)
    else would += mean(nullStats) / tested.length
  })
  return would > limit
}

function labelsOf(x: TestInput, tested: readonly number[]) {
  const out = new Map<string, { by: 'destination' | 'rule'; text: number; members: number[] }>()
  const add = (by: 'destination' | 'rule', text: number, k: number) => {
    if (text === 0) return
    const key = `${by}${text}`
    const label = out.get(key)
    if (label) label.members.push(k)
    else out.set(key, { by, text, members: [k] })
  }
  tested.forEach((u, k) => {
    add('destination', x.units.mark[u]!, k)
    add('rule', x.rule[u]!, k)
  })
  return [...out.values()].filter((l) => l.members.length >= 2).slice(0, 500)
}

/** Marks tests that stand after the Benjamini–Hochberg procedure; most surprising first. */
export function benjaminiHochberg(groups: readonly GroupTest[]): GroupTest[] {
  const order = [...groups].sort(
    (a, b) => a.pValue - b.pValue || b.events - a.events || a.by.localeCompare(b.by) || a.text - b.text,
  )
  let last = -1
  order.forEach((g, k) => {
    if (g.pValue <= ((k + 1) / order.length) * attributionDefaults.falseDiscoveryRate) last = k
  })
  return order.map((g, k) => ({ ...g, significant: k <= last }))
}

function coincidences(x: TestInput, list: readonly number[]): number {
  let n = 0
  for (const u of list) if (x.scene.candidates.start[u + 1]! > x.scene.candidates.start[u]!) n++
  return n
}
