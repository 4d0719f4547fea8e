// Rates of everything that may have caused a unit: its candidate calls, none of them, and what went before.

import { binCount, binFromUs, binToUs } from './intensity.ts'
import type { Model, Scene } from './model.ts'
import { matchLevels } from './targets.ts'

const parent = matchLevels.indexOf('parent')
const portLevel = matchLevels.indexOf('port')
/** What is left running is taken to live on from one sign of life to the next this often. */
const survival = 0.999

/** Rates of one unit's candidates, from a model; `total` includes background and continuation. Good until the next. */
export interface Rates {
  size: number
  base: Float64Array
  named: Float64Array
  /** Where a lag is spread over bins: its rates before weighing, times µs. */
  spreadBase: Float64Array
  spreadNamed: Float64Array
  background: number
  continued: number
  total: number
}

/** Calls that may keep a session going, remembered per unit. */
export const launchersMax = 3
/** A destination named by more calls than this is everybody's. */
export const namersMax = 3
/** A call that leaves work behind may keep a session going; one that merely named the place seldom does. */
const launch = { leaves: 1, named: 0.05 }
const strangers = 0.05

export interface Scorer {
  /** Rates of unit u, in columns that serve the next unit too; units must first be asked for in ascending order, since sessions hand on their launchers. */
  rates(u: number): Rates
  /** Goes on with another model, for another round through all units. */
  use(model: Model): void
  /** Launchers of unit u as later units of its session see them: [u * launchersMax …]. */
  readonly launchCall: Int32Array
  readonly launchP: Float64Array
}

/** `after` is a scorer that has been through all units: what it noted of sessions is used and not changed. */
export function scorer(
  scene: Scene,
  first: Model,
  after?: { readonly launchCall: Int32Array; readonly launchP: Float64Array },
): Scorer {
  const { candidates: c } = scene
  let model = first
  let base = new Float64Array(256)
  let named = new Float64Array(256)
  let spreadBase = new Float64Array(256)
  let spreadNamed = new Float64Array(256)
  const weights = groupWeights(scene)
  const launchCall = after?.launchCall ?? new Int32Array(scene.n * launchersMax).fill(-1)
  const launchP = after?.launchP ?? new Float64Array(scene.n * launchersMax)
  const answer = {
    size: 0,
    base,
    named,
    spreadBase,
    spreadNamed,
    background: 0,
    continued: 0,
    total: 0,
  }

  function rates(u: number): Rates {
    if (u < c.first || u >= c.last) c.load(u)
    const first = c.start[u]! - c.base
    const size = c.start[u + 1]! - c.start[u]!
    if (size > base.length) {
      base = new Float64Array(size * 2)
      named = new Float64Array(size * 2)
      spreadBase = new Float64Array(size * 2)
      spreadNamed = new Float64Array(size * 2)
    }
    const group = scene.group[u]!
    const mark = scene.mark[u]!
    const pi = model.piCall[mark]!
    const weight = group < 0 ? undefined : weights[group]
    const before = scene.previous[u]!
    let continued = 0
    if (before >= 0) {
      for (let k = before * launchersMax; k < (before + 1) * launchersMax; k++) continued += launchP[k]!
      continued *= model.nu[scene.session[u]!]!
    }
    // That another call came upon a place few name, while one that named it keeps going there, is unlikely.
    const chance = continued > 0 && scene.rare[u] === 1 ? strangers : 1
    let sum = 0
    for (let x = 0; x < size; x++) {
      const j = c.call[first + x]!
      const bin = c.bin[first + x]!
      const lastBin = c.lastBin[first + x]!
      const level = c.level[first + x]!
      const cls = scene.callClass[j]! * binCount
      let rate = 0
      let match = 0
      if (bin === lastBin) {
        rate = model.h[cls + bin]!
        if (level > 0) match = model.g[level * binCount + bin]!
      } else {
        const slack = scene.doubt[u]! + scene.callSlack[j]!
        const a = scene.from[u]! - slack
        const b = scene.to[u]! + slack
        const s = scene.callStart[j]!
        const e = scene.callEnd[j]!
        // Bins follow each other in time: each begins where the one before ended.
        let from = Math.max(a, binFromUs(bin, s, e))
        for (let k = bin; k <= lastBin; k++) {
          const to = Math.min(b, binToUs(k, s, e))
          if (to <= from) continue
          rate += model.h[cls + k]! * (to - from)
          if (level > 0) match += model.g[level * binCount + k]! * (to - from)
          from = to
        }
        spreadBase[x] = rate
        spreadNamed[x] = match
        rate /= b - a
        match /= b - a
      }
      const stranger = level === 0 && scene.classLeaves[scene.callClass[j]!] === 0
      rate *= stranger ? pi * chance : pi
      if (level === portLevel) match *= scene.portShare[u]!
      else if (level === parent) match *= 0.5
      if (weight) {
        const w = weight[scene.callBox[j]!]!
        rate *= w
        match *= w
      }
      base[x] = rate
      named[x] = match
      sum += rate + match
    }
    const background = group < 0 ? 1 : model.mu[group]! * model.piNone[mark]!
    const total = sum + background + continued
    if (!after && scene.session[u]! >= 0) noteLaunchers(u, first, size, total, continued)
    answer.size = size
    answer.base = base
    answer.named = named
    answer.spreadBase = spreadBase
    answer.spreadNamed = spreadNamed
    answer.background = background
    answer.continued = continued
    answer.total = total
    return answer
  }

  function noteLaunchers(u: number, first: number, size: number, total: number, continued: number): void {
    const from = u * launchersMax
    launchCall.fill(-1, from, from + launchersMax)
    launchP.fill(0, from, from + launchersMax)
    const before = scene.previous[u]!
    if (before >= 0 && continued > 0) {
      for (let k = before * launchersMax; k < (before + 1) * launchersMax; k++) {
        const j = launchCall[k]!
        if (j < 0) continue
        // Work left behind lives on between signs of life; a call that only named the place must earn each of them.
        const lives = scene.classLeaves[scene.callClass[j]!] === 1
        keep(from, j, launchP[k]! * (lives ? survival : Math.min(1, continued / total)))
      }
    }
    for (let x = 0; x < size; x++) {
      const j = c.call[first + x]!
      const leaves = scene.classLeaves[scene.callClass[j]!] === 1
      const p = leaves
        ? launch.leaves * (scene.rare[u] === 1 ? base[x]! + named[x]! : base[x]!)
        : launch.named * (scene.rare[u] === 1 ? named[x]! : 0)
      if (p > 0.01 * total) keep(from, j, p / total)
    }
  }

  function keep(from: number, j: number, p: number): void {
    let least = from
    for (let k = from; k < from + launchersMax; k++) {
      if (launchCall[k] === j) {
        launchP[k] = Math.min(1, launchP[k]! + p)
        return
      }
      if (launchP[k]! < launchP[least]!) least = k
    }
    if (p > launchP[least]!) {
      launchCall[least] = j
      launchP[least] = p
    }
  }
  function use(next: Model): void {
    model = next
  }
  return { rates, use, launchCall, launchP }
}

/** Weight of each box in a group, or undefined where all count alike. */
function groupWeights(scene: Scene): (Float64Array | undefined)[] {
  let boxes = 0
  for (const g of scene.groups) for (const b of g.boxes) boxes = Math.max(boxes, b + 1)
  return scene.groups.map((g) => {
    if (g.weight.every((w) => w === 1)) return undefined
    if (g.boxes.length === boxes) return g.weight
    const out = new Float64Array(boxes)
    g.boxes.forEach((b, k) => {
      out[b] = g.weight[k]!
    })
    return out
  })
}
