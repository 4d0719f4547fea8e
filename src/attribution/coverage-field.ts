// When calls of each address were running, and the rate they would cause at any moment: what shifted alarms are held against.

import { attributionDefaults } from './api.ts'
import { binCount, binFromUs, binToUs } from './intensity.ts'
import type { Model, Scene } from './model.ts'
import { priorModel } from './prior-model.ts'
import type { TestInput } from './shifts.ts'

/** Most cells of the grid over all groups that are asked about; beyond it cells get wider. */
const cellsMax = 10_000_000
/** No more groups than this are asked about. */
const groupsMax = 1000
const cellUs = 250_000

export interface Field {
  readonly model: Model
  /** Mean rate over [a, b] of unnamed events by the calls of a group, per second. */
  rate(group: number, a: number, b: number): number
  /** 1 when a call of the group had its window open somewhere in [a, b]. */
  covered(group: number, a: number, b: number): number
}

/** One group on the grid: running sums of the rate, and of cells in which some window was open. */
interface Row {
  readonly rate: Float64Array
  readonly open: Uint32Array
}

/** Rates of all calls of a group on a grid of time, made when a group is first asked about. */
export function buildField(x: TestInput, window: { from: number; to: number }): Field {
  const { scene } = x
  const range = window.to - window.from
  const step = Math.max(cellUs, (range * Math.min(groupsMax, scene.groups.length)) / cellsMax)
  const cells = Math.ceil(range / step) + 1
  const model = priorModel(scene)
  const calls = callsByBox(scene, x.usable)
  const rows: (Row | undefined)[] = []

  function rowOf(group: number): Row {
    const row = rows[group] ?? build(group)
    rows[group] = row
    return row
  }

  function build(group: number): Row {
    const rate = new Float64Array(cells + 1)
    const open = new Float64Array(cells + 1)
    for (const box of certainBoxes(scene, group)) {
      for (let y = calls.start[box]!; y < calls.start[box + 1]!; y++) {
        const j = calls.call[y]!
        const s = scene.callStart[j]!
        const e = scene.callEnd[j]!
        const u = scene.callSlack[j]!
        for (let b = 0; b < binCount; b++) {
          const h = model.h[scene.callClass[j]! * binCount + b]!
          if (h > 0) spread(rate, binFromUs(b, s, e) - u, Math.min(binToUs(b, s, e) + u, window.to), h)
        }
        spread(open, s - u - attributionDefaults.preWindowUs, e + u + attributionDefaults.afterWindowUs, 1)
      }
    }
    // From differences to rates to running sums.
    const cellsOpen = new Uint32Array(cells + 1)
    let now = 0
    let running = 0
    let windows = 0
    let openSoFar = 0
    for (let c = 0; c <= cells; c++) {
      now += rate[c]!
      rate[c] = running
      running += Math.max(0, now)
      windows += open[c]!
      cellsOpen[c] = openSoFar
      if (windows > 1e-9) openSoFar++
    }
    return { rate, open: cellsOpen }
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
  const first = (a: number) => Math.min(cells - 1, Math.max(0, Math.floor((a - window.from) / step)))
  const last = (b: number, from: number) =>
    Math.min(cells, Math.max(from + 1, Math.ceil((b - window.from) / step)))
  return {
    model,
    rate: (g, a, b) => {
      const { rate } = rowOf(g)
      const from = first(a)
      const to = last(b, from)
      return (rate[to]! - rate[from]!) / (to - from)
    },
    covered: (g, a, b) => {
      const { open } = rowOf(g)
      const from = first(a)
      return open[last(b, from)]! > open[from]! ? 1 : 0
    },
  }
}

/** Boxes that count fully in a group; of a group without certain members, all. */
function certainBoxes(scene: Scene, group: number): Uint32Array {
  const { boxes, weight } = scene.groups[group]!
  if (boxes.length < 2 || !weight.includes(1)) return boxes
  return boxes.filter((_, k) => weight[k]! >= 1)
}

function callsByBox(scene: Scene, usable: (j: number) => boolean): { start: Uint32Array; call: Uint32Array } {
  const n = scene.callStart.length
  let boxes = 0
  for (let j = 0; j < n; j++) boxes = Math.max(boxes, scene.callBox[j]! + 1)
  for (const g of scene.groups) for (const b of g.boxes) boxes = Math.max(boxes, b + 1)
  const start = new Uint32Array(boxes + 1)
  const counts = (j: number) => usable(j) && Number.isFinite(scene.callStart[j]!)
  for (let j = 0; j < n; j++) if (counts(j)) start[scene.callBox[j]! + 1]!++
  for (let b = 0; b < boxes; b++) start[b + 1]! += start[b]!
  const at = start.slice()
  const call = new Uint32Array(start[boxes]!)
  for (let j = 0; j < n; j++) if (counts(j)) call[at[scene.callBox[j]!]!++] = j
  return { start, call }
}
