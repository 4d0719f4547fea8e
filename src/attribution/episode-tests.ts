// For each of the episodes most blamed: do alarms fall into its calls more often than when they are moved in time?

import { attributionDefaults, type GroupTest } from './api.ts'
import { keptMax } from './posterior.ts'
import { seededRandom } from './random.ts'
import { exceeds, mean, round, smallestShift, type TestInput } from './shifts.ts'

const episodesMax = 20

/** For each of the episodes most blamed: alarms within its calls' windows against rigid shifts. */
export function episodeTests(
  x: TestInput,
  tested: readonly number[],
  window: { from: number; to: number },
  every: number,
): GroupTest[] {
  const { scene, post } = x
  const blame = new Map<number, number>()
  for (const u of tested) {
    for (let k = u * keptMax; k < (u + 1) * keptMax && post.call[k]! >= 0; k++) {
      const e = x.episode[post.call[k]!]!
      if (e !== 0) blame.set(e, (blame.get(e) ?? 0) + post.p[k]!)
    }
  }
  const most = [...blame].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, episodesMax)
  const range = window.to - window.from
  const random = seededRandom(77)
  return most.map(([episode]) => {
    const boxes = new Set<number>()
    const spans: [number, number][] = []
    for (let j = 0; j < scene.callStart.length; j++) {
      if (x.episode[j] !== episode || !x.usable(j) || !Number.isFinite(scene.callStart[j]!)) continue
      boxes.add(scene.callBox[j]!)
      spans.push([
        scene.callStart[j]! - attributionDefaults.preWindowUs - scene.callSlack[j]!,
        scene.callEnd[j]! + attributionDefaults.afterWindowUs + scene.callSlack[j]!,
      ])
    }
    const own = merged(spans)
    const mine = tested.filter((u) => scene.groups[scene.group[u]!]!.boxes.some((b) => boxes.has(b)))
    const count = (by: (g: number) => number) => {
      let n = 0
      for (const u of mine) {
        const t = window.from + ((scene.from[u]! - window.from + by(scene.group[u]!)) % range)
        if (hits(own, t, t + scene.to[u]! - scene.from[u]!)) n++
      }
      return n
    }
    const seen = count(() => 0)
    const nulls = new Float64Array(attributionDefaults.shifts)
    for (let r = 0; r < nulls.length; r++) {
      const by = new Map<number, number>()
      nulls[r] = count((g) => {
        let s = by.get(g)
        if (s === undefined) {
          s = smallestShift(range) + random() * (range - 2 * smallestShift(range))
          by.set(g, s)
        }
        return s
      })
    }
    return {
      by: 'episode' as const,
      text: episode,
      events: mine.length * every,
      coincidences: seen * every,
      expectedByChance: round(mean(nulls) * every),
      pValue: exceeds(nulls, seen),
      significant: false,
    }
  })
}

/** The same spans in order, those that overlap made one. */
function merged(spans: [number, number][]): [number, number][] {
  spans.sort((a, b) => a[0] - b[0])
  const out: [number, number][] = []
  for (const [a, b] of spans) {
    const last = out[out.length - 1]
    if (last && a <= last[1]) last[1] = Math.max(last[1], b)
    else out.push([a, b])
  }
  return out
}

/** Whether one of the merged spans meets [a, b]. */
function hits(spans: readonly [number, number][], a: number, b: number): boolean {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (spans[middle]![1] < a) low = middle + 1
    else high = middle
  }
  return low < spans.length && spans[low]![0] <= b
}
