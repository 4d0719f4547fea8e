// When calls of each address were running, and the rate they would cause at any moment: what shifted alarms are held against.

import { attributionDefaults } from './api.ts'
import type { TestInput } from './hypotheses.ts'
import { binCount, binFromUs, binToUs } from './intensity.ts'
import type { Model } from './model.ts'
import { priorModel } from './prior-model.ts'

/** Most cells of the grid over all groups; beyond it cells get wider. */
const cellsMax = 20_000_000

export interface Field {
  readonly model: Model
  /** Mean rate over [a, b] of unnamed events by the calls of a group, per second. */
  rate(group: number, a: number, b: number): number
  /** 1 when a call of the group had its window open somewhere in [a, b]. */
  covered(group: number, a: number, b: number): number
}

/** Rates of all calls of a group on a grid of time, as running sums. */
export function buildField(x: TestInput, window: { from: number; to: number }): Field {
  const { scene } = x
  const groups = scene.groups.length
  const range = window.to - window.from
  const step = Math.max(250_000, (range * groups) / cellsMax)
  const cells = Math.ceil(range / step) + 1
  const model = priorModel(scene)
  const sums = scene.groups.map(() => new Float64Array(cells + 1))
  const open = scene.groups.map(() => new Float64Array(cells + 1))
  const groupsOfBox = new Map<number, number[]>()
  scene.groups.forEach((g, k) => {
    g.boxes.forEach((b, m) => {
      if (g.weight[m]! < 1 && g.boxes.length > 1 && g.weight.some((w) => w === 1)) return
      groupsOfBox.set(b, [...(groupsOfBox.get(b) ?? []), k])
    })
  })
  for (let j = 0; j < scene.callStart.length; j++) {
    const s = scene.callStart[j]!
    if (!x.usable(j) || !Number.isFinite(s)) continue
    const e = scene.callEnd[j]!
    const u = scene.callSlack[j]!
    for (const g of groupsOfBox.get(scene.callBox[j]!) ?? []) {
      for (let b = 0; b < binCount; b++) {
        const rate = model.h[scene.callClass[j]! * binCount + b]!
        if (rate === 0) continue
        spread(sums[g]!, binFromUs(b, s, e) - u, Math.min(binToUs(b, s, e) + u, window.to), rate)
      }
      spread(open[g]!, s - u - attributionDefaults.preWindowUs, e + u + attributionDefaults.afterWindowUs, 1)
    }
  }
  // From differences to rates to running sums.
  for (const column of [...sums, ...open]) {
    let now = 0
    let running = 0
    for (let c = 0; c <= cells; c++) {
      now += column[c]!
      const here = column[c] === undefined ? 0 : now
      column[c] = running
      running += Math.max(0, here)
    }
  }
  function spread(column: Float64Array, from: number, to: number, rate: number): void {
    if (!(to > from) || to <= window.from || from >= window.to) return
    const a = Math.max(0, Math.floor((from - window.from) / step))
    const b = Math.min(cells, Math.max(a + 1, Math.ceil((to - window.from) / step)))
    // A part narrower than a cell counts for its share of it.
    const share = Math.min(1, (to - from) / ((b - a) * step))
    column[a]! += rate * share
    column[b]! -= rate * share
  }
  const between = (column: Float64Array, a: number, b: number) => {
    const from = Math.min(cells - 1, Math.max(0, Math.floor((a - window.from) / step)))
    const to = Math.min(cells, Math.max(from + 1, Math.ceil((b - window.from) / step)))
    return (column[to]! - column[from]!) / (to - from)
  }
  return {
    model,
    rate: (g, a, b) => between(sums[g]!, a, b),
    covered: (g, a, b) => (between(open[g]!, a, b) > 1e-9 ? 1 : 0),
  }
}
