// How many calls would fit an alarm of today? Draws a call and a moment of it, stamps and keys an alarm as these logs
// would, and counts who else fits; then the same alarms again with one thing put right.

import { attributionDefaults } from '../../attribution/api.ts'
import { seededRandom } from '../../attribution/random.ts'
import { type ImprovementId, improvementIds, type ReadinessOdds } from '../../schema/readiness.ts'
import type { Odds } from './api.ts'
import { secondUs } from './log-facts.ts'
import { type Occupancy, occupancyOf, type Windows } from './occupancy.ts'
import type { Pattern, World } from './world.ts'

const drawsMax = 1_000
/** Sandboxes looked at over all draws of one set-up, so that a NAT of thousands stays affordable. */
const lookupsMax = 400_000
/** So many that ended a moment ago, begin in a moment or left work behind do not put the running call in doubt. */
const nearbyMax = 2
/** Work that was left behind counts as near for so long. */
const leftBehindUs = 600e6
/** A call of which no end is known lasts as long as those of which it is; where there are none, this. */
const usualCallUs = 5e6
const sharpUs = 1_000
const clockDoubtUs = 20_000
/** A step that helps less than this is none. */
const stepMin = 0.01

type Change = ReadonlySet<ImprovementId>

/** Undefined when there is no call to draw. */
export function simulate(world: World): Odds | undefined {
  if (world.calls.length === 0) return undefined
  const windows = [windowsOf(world, false), windowsOf(world, true)] as const
  const run = (change: Change, patterns: readonly Pattern[]) => {
    const at = windows[change.has('call-times') ? 1 : 0]
    return drawAll(world, at, change, patterns)
  }
  const all: Change = new Set(improvementIds)
  if (world.patterns.length === 0) {
    return { today: null, best: run(all, [ideal]), improved: new Map(), path: [] }
  }
  const today = run(new Set(), world.patterns)
  const improved = new Map(improvementIds.map((id) => [id, run(new Set([id]), world.patterns)] as const))
  const path = pathFrom(today, (change) => run(change, world.patterns))
  return { today, best: run(all, world.patterns), improved, path }
}

/** What to put right first, what then: each step the one that helps most on top of those before it. */
function pathFrom(today: ReadinessOdds, run: (change: Change) => ReadinessOdds): Odds['path'] {
  const path: { id: ImprovementId; odds: ReadinessOdds }[] = []
  const left = new Set(improvementIds)
  let now = today
  while (left.size > 0) {
    const tried = [...left].map((id) => ({ id, odds: run(new Set([...path.map((step) => step.id), id])) }))
    // Of steps that help alike, the one that leaves fewer calls to tell apart.
    tried.sort((a, b) => b.odds.share - a.odds.share || a.odds.sharedMean - b.odds.sharedMean)
    const [first] = tried
    if (!first || first.odds.share - now.share < stepMin) {
      const pair = pairFrom(now, path, [...left], run)
      if (!pair) break
      path.push(...pair)
      for (const { id } of pair) left.delete(id)
    } else {
      path.push(first)
      left.delete(first.id)
    }
    now = path.at(-1)!.odds
  }
  return path
}

/** Two that help only together: exact addresses are of no use while traces do not say where they ran. */
function pairFrom(
  now: ReadinessOdds,
  path: Odds['path'],
  left: readonly ImprovementId[],
  run: (change: Change) => ReadinessOdds,
): { id: ImprovementId; odds: ReadinessOdds }[] | undefined {
  const before = path.map((step) => step.id)
  let best: { id: ImprovementId; odds: ReadinessOdds }[] | undefined
  for (const a of left) {
    for (const b of left) {
      if (a >= b) continue
      const odds = run(new Set([...before, a, b]))
      if (odds.share - (best?.[1]?.odds.share ?? now.share) < stepMin) continue
      best = [
        { id: a, odds: run(new Set([...before, a])) },
        { id: b, odds },
      ]
    }
  }
  return best
}

/** A record of a log that lacks nothing. */
const ideal: Pattern = {
  ...{ event: -1, group: -1, exact: true, spanUs: sharpUs, doubtUs: clockDoubtUs },
  ...{ aligned: true, timeless: false, named: true, identity: false },
}

interface CallTimes {
  /** While they run. */
  readonly running: Occupancy
  /** Also just before, just after, and where they left work behind. */
  readonly near: Occupancy
  readonly runs: Windows
  readonly nears: Windows
}

/** When each call runs; `sharp` as if its own beginning and end had been stamped. */
function windowsOf(world: World, sharp: boolean): CallTimes {
  const { startUs, endUs, slackUs, leaves, vague, keys } = world
  const n = startUs.length
  const lasting: number[] = []
  for (const j of world.calls) if (vague[j] === 0) lasting.push(endUs[j]! - startUs[j]!)
  lasting.sort((a, b) => a - b)
  const usual = lasting[lasting.length >> 1] ?? usualCallUs
  const random = seededRandom(7)
  const column = () => new Float64Array(n).fill(Number.POSITIVE_INFINITY)
  const runs = { from: column(), to: column() }
  const nears = { from: column(), to: column() }
  for (const j of world.calls) {
    let [from, to] = [startUs[j]! - slackUs[j]!, endUs[j]! + slackUs[j]!]
    if (sharp && (vague[j] === 1 || slackUs[j]! > 0)) {
      const [start, end] = [startUs[j]!, endUs[j]!]
      const length = Math.min(end - start, usual)
      from = start + random() * (end - start - length)
      to = from + length
    }
    runs.from[j] = from
    runs.to[j] = to
    nears.from[j] = from - attributionDefaults.preWindowUs
    nears.to[j] = to + (leaves[j] === 1 ? leftBehindUs : attributionDefaults.afterWindowUs)
  }
  const boxes = keys.boxes.length
  return {
    running: occupancyOf(runs, keys.callBox, boxes),
    near: occupancyOf(nears, keys.callBox, boxes),
    ...{ runs, nears },
  }
}

function drawAll(
  world: World,
  times: CallTimes,
  change: Change,
  patterns: readonly Pattern[],
): ReadinessOdds {
  // The same numbers for every set-up, so that what differs is the set-up.
  const random = seededRandom(2_026)
  const most = patterns.reduce(
    (max, { group }) => Math.max(max, world.keys.groups[group]?.boxes.length ?? 1),
    1,
  )
  const draws = Math.max(100, Math.min(drawsMax, Math.floor(lookupsMax / (most + world.unnamed.length))))
  const shared: number[] = []
  let byTime = 0
  let byName = 0
  for (let d = 0; d < draws; d++) {
    const j = world.reaching[Math.floor(random() * world.reaching.length)]!
    const pattern = patterns[Math.floor(random() * patterns.length)]!
    const answer = drawOne(world, times, change, j, pattern, [
      random(),
      random(),
      random(),
      random(),
      random(),
    ])
    shared.push(answer.running)
    if (answer.decided === 'time') byTime++
    else if (answer.decided === 'name') byName++
  }
  shared.sort((a, b) => a - b)
  const recorded = change.has('recording') ? 1 : world.recorded
  return {
    draws,
    share: (recorded * (byTime + byName)) / draws,
    byTime: byTime / draws,
    byName: byName / draws,
    sharedMean: shared.reduce((sum, k) => sum + k, 0) / draws,
    sharedMedian: shared[shared.length >> 1]!,
    recorded,
  }
}

interface Answer {
  readonly running: number
  readonly decided: 'time' | 'name' | 'nothing'
}

/** `chance`: numbers in [0, 1) for the moment, the stamp, the group, whether the place is named, and which. */
function drawOne(
  world: World,
  times: CallTimes,
  change: Change,
  j: number,
  pattern: Pattern,
  chance: readonly [number, number, number, number, number],
): Answer {
  const boxes = boxesOf(world, change, world.keys.callBox[j]!, pattern, chance[2])
  const [begins, ends] = [times.runs.from[j]!, times.runs.to[j]!]
  const moment = begins + chance[0] * Math.max(0, ends - begins)
  const width = change.has('stamps') ? Math.min(pattern.spanUs, sharpUs) : pattern.spanUs
  const doubt = change.has('clocks') ? clockDoubtUs : pattern.doubtUs
  // A stamp of whole seconds stands for the second it falls into; a window lies anywhere around the moment.
  const first = width <= 1e6 ? Math.floor(moment / width) * width : moment - chance[1] * width
  const [from, to] = [first - doubt, first + width + doubt]
  const running = Math.max(1, times.running.count(boxes, from, to))
  if (pattern.identity) return { running: 1, decided: 'time' }
  if (pattern.timeless && !change.has('clocks')) return { running, decided: 'nothing' }
  if (running === 1 && (pattern.aligned || change.has('clocks'))) {
    const nearby = times.near.count(boxes, from, to) - 1
    if (nearby <= nearbyMax) return { running, decided: 'time' }
  }
  // Calls that share one window are told apart by what they name alone, and one may fetch what another named.
  if (world.vague[j] === 1 && !change.has('call-times') && running > 1) return { running, decided: 'nothing' }
  // Nor is anything claimed by names where stamps are coarse and sandboxes share the address: too often another fetched it.
  if (width >= secondUs && boxes.size > 1) return { running, decided: 'nothing' }
  const targets = world.targetsOf(j)
  if (targets.length === 0 || chance[3] >= world.nameShare) return { running, decided: 'nothing' }
  const text = targets[Math.floor(chance[4] * targets.length)]!
  const visible = world.isAddress(text) || world.namesKnown || pattern.named || change.has('names')
  if (!visible) return { running, decided: 'nothing' }
  const rivals = world
    .namers(text)
    .some(
      (k) =>
        k !== j &&
        times.nears.from[k]! <= to &&
        times.nears.to[k]! >= from &&
        boxes.has(world.keys.callBox[k]!),
    )
  return { running, decided: rivals ? 'nothing' : 'name' }
}

/** The sandboxes an alarm from `box` may come from, as far as its record tells. */
function boxesOf(world: World, change: Change, box: number, pattern: Pattern, chance: number): Set<number> {
  const unnamed = change.has('box-names') ? [] : world.unnamed
  const exact = change.has('addresses') || pattern.exact
  if (exact) return new Set([box, ...unnamed])
  const { groups } = world.keys
  const own = groups[pattern.group]
  if (own?.boxes.includes(box)) return membersOf(own, box, unnamed)
  // The pattern is of other sandboxes: this one is seen as it was seen elsewhere in these logs.
  const seen = world.groupsOf.get(box) ?? []
  const like = groups[seen[Math.floor(chance * seen.length)] ?? -1] ?? own
  return like ? membersOf(like, box, unnamed) : new Set([box, ...unnamed])
}

function membersOf(
  group: { readonly boxes: Uint32Array; readonly weight: Float64Array },
  box: number,
  unnamed: readonly number[],
): Set<number> {
  const members = new Set([box, ...unnamed])
  group.boxes.forEach((b, k) => {
    if (group.weight[k] === 1) members.add(b)
  })
  return members
}
