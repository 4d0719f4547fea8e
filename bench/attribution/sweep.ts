// What the interval join and one round of EM cost:  npx tsx bench/attribution/sweep.ts [--quick]
//
// The yardstick is a plain scan that adds up two numbers for every pair in the same order, the least any join can do.

import { fitModel, type Scene } from '../../src/attribution/fit.ts'
import { binAt, binCount } from '../../src/attribution/intensity.ts'
import { seededRandom } from '../../src/attribution/random.ts'
import { callsByGroup, type Pairs, sweep } from '../../src/attribution/sweep.ts'
import { matchLevels } from '../../src/attribution/targets.ts'

const quick = process.argv.includes('--quick')
const rows = quick ? 1_000_000 : 10_000_000

function rate(n: number, boxes: number, perGroup: number) {
  const random = seededRandom(5)
  const range = (n / boxes) * 60e6
  const from = new Float64Array(n)
  const enter = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    from[i] = random() * range
    enter[i] = random() * range
  }
  from.sort()
  enter.sort()
  const leave = Float64Array.from(enter, (t) => t + 5e6 - 20e6 * Math.log(1 - random()))
  const groupCount = Math.ceil(boxes / perGroup)
  return {
    from,
    to: from,
    group: Int32Array.from(from, () => Math.floor(random() * groupCount)),
    enter,
    leave,
    box: Uint32Array.from(from, () => Math.floor(random() * boxes)),
    groups: Array.from({ length: groupCount }, (_, g) => ({
      boxes: Uint32Array.from(
        { length: Math.min(perGroup, boxes - g * perGroup) },
        (__, k) => g * perGroup + k,
      ),
    })),
  }
}

function joined(input: ReturnType<typeof rate>): Pairs {
  return sweep(input, callsByGroup(input.enter, input.leave, input.box, input.groups)).pairs()
}

function scanAndSum(pairs: Pairs, from: Float64Array, enter: Float64Array): number {
  let sum = 0
  for (let i = 0; i < from.length; i++) {
    const t = from[i]!
    for (let x = pairs.begin[i]!; x < pairs.begin[i]! + pairs.size[i]!; x++) sum += t - enter[pairs.call[x]!]!
  }
  return sum
}

function timed<T>(what: () => T): [T, number] {
  let best = Number.POSITIVE_INFINITY
  let value!: T
  for (let k = 0; k < 2; k++) {
    const t = performance.now()
    value = what()
    best = Math.min(best, performance.now() - t)
  }
  return [value, best]
}

for (const [name, perGroup] of [
  ['host key', 1],
  ['NAT key, 60 hosts each', 60],
] as const) {
  const input = rate(rows, 6000, perGroup)
  const [pairs, ms] = timed(() => joined(input))
  const [, scan] = timed(() => scanAndSum(pairs, input.from, input.enter))
  console.log(
    `${name}: ${rows / 1e6}M × ${rows / 1e6}M, ${(pairs.count / 1e6).toFixed(1)}M pairs: sweep ${(ms / 1000).toFixed(2)} s, scan and sum ${(scan / 1000).toFixed(2)} s, ratio ${(ms / scan).toFixed(2)}, rss ${(process.memoryUsage.rss() / 1e9).toFixed(2)} GB`,
  )
}

// One EM round over about 30M pairs.
const n = quick ? 300_000 : 1_000_000
const input = rate(n, 6000, 60)
const pairs = joined(input)
const start = new Float64Array(n + 1)
const call = new Uint32Array(pairs.count)
const bins = new Uint8Array(pairs.count)
for (let i = 0, at = 0; i < n; i++) {
  for (let x = pairs.begin[i]!; x < pairs.begin[i]! + pairs.size[i]!; x++, at++) {
    const j = pairs.call[x]!
    call[at] = j
    bins[at] = binAt(input.from[i]!, input.enter[j]! + 500_000, input.leave[j]! - 3e6)
  }
  start[i + 1] = at
}
const scene: Scene = {
  n,
  from: input.from,
  to: input.to,
  doubt: new Float64Array(n).fill(20_000),
  group: input.group,
  mark: Uint32Array.from(input.from, (_, i) => i % 500),
  markCount: 500,
  markText: Array.from({ length: 500 }, (_, m) => m),
  portShare: new Float64Array(n).fill(1),
  rare: new Uint8Array(n),
  previous: new Int32Array(n).fill(-1),
  session: new Int32Array(n).fill(-1),
  sessionCount: 0,
  candidates: {
    start,
    call,
    bin: bins,
    lastBin: bins,
    level: new Uint8Array(pairs.count),
    first: 0,
    last: n,
    base: 0,
    perUnit: pairs.size,
    pairs: pairs.count,
    load: () => {},
    only: () => scene.candidates,
    moved: () => scene.candidates,
  },
  callStart: input.enter.map((t) => t + 500_000),
  callEnd: input.leave.map((t) => t - 3e6),
  callSlack: new Float64Array(n),
  callUntil: input.leave.map((t) => t - 3e6),
  callClass: Uint16Array.from(input.from, (_, i) => i % 4),
  classCount: 4,
  classKey: [0, 1, 2, 3],
  classLeaves: new Uint8Array(4),
  perLevel: new Uint16Array(n * matchLevels.length),
  callBox: input.box,
  groups: input.groups.map((g) => ({ boxes: g.boxes, weight: new Float64Array(g.boxes.length).fill(1) })),
  coverFrom: 0,
  coverTo: input.from[n - 1]!,
  controls: [],
}
const t = performance.now()
const model = fitModel(scene, Number.POSITIVE_INFINITY)
console.log(
  `EM: ${(pairs.count / 1e6).toFixed(1)}M pairs, ${binCount} bins: ${((performance.now() - t) / 1000 / model.iterations).toFixed(2)} s a round, ${model.iterations} rounds`,
)
