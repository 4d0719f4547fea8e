// What the model claims beside what decoys allow, by probability: as near to a calibration plot as one gets without the truth.

import type { Calibration } from './calibrate.ts'
import type { Scene } from './model.ts'
import { keptMax, type Posterior } from './posterior.ts'

/** Connections whose most probable call the model gives a probability in [from, to). */
export interface CalibrationBin {
  readonly from: number
  readonly to: number
  readonly connections: number
  /** Mean probability of the first candidate by the model itself, and as it is said. NaN without connections. */
  readonly model: number
  readonly said: number
  /** Share of them that no call caused: by the model's own account, and by decoys (NaN where none could be made). */
  readonly noneByModel: number
  readonly noneByDecoys: number
}

export interface CalibrationTable {
  /** Model probability that is said as 0.9; above 1 when nothing may be. */
  readonly claimAt: number
  /** Among what is said at 0.9, the share that decoys say no call caused; NaN when unknown. */
  readonly falseShare: number
  readonly decoys: number
  readonly bins: readonly CalibrationBin[]
}

const edges = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1] as const

/** What the model believed of each connection, before anything was taken back: [p of the first candidate, p of none]. */
export interface Beliefs {
  readonly first: Float64Array
  readonly none: Float64Array
}

export function beliefsOf({ n }: Scene, post: Posterior): Beliefs {
  const first = new Float64Array(n)
  for (let u = 0; u < n; u++) first[u] = post.call[u * keptMax]! < 0 ? 0 : post.p[u * keptMax]!
  return { first, none: post.none.slice() }
}

/** `post` as it is said, after calibration. */
export function calibrationTable(
  scene: Scene,
  beliefs: Beliefs,
  post: Posterior,
  { claimAt, falseShare, decoys, decoyScores }: Calibration,
): CalibrationTable {
  const size = edges.length - 1
  const bins = Array.from({ length: size }, () => ({ n: 0, model: 0, said: 0, none: 0, decoys: 0 }))
  let uncaused = 0
  for (let u = 0; u < scene.n; u++) {
    if (scene.group[u]! < 0) continue
    const bin = bins[binOf(beliefs.first[u]!)]!
    bin.n++
    bin.model += beliefs.first[u]!
    bin.said += post.call[u * keptMax]! < 0 ? 0 : post.p[u * keptMax]!
    bin.none += beliefs.none[u]!
    uncaused += beliefs.none[u]!
  }
  let weight = 0
  for (const score of decoyScores) {
    weight += score.weight
    bins[binOf(score.p)]!.decoys += score.weight
  }
  return {
    claimAt,
    falseShare,
    decoys,
    bins: bins.map((bin, b) => ({
      from: edges[b]!,
      to: edges[b + 1]!,
      connections: bin.n,
      model: bin.model / bin.n,
      said: bin.said / bin.n,
      noneByModel: bin.none / bin.n,
      // Of all that no call caused, as many as decoys would have put here.
      noneByDecoys:
        weight > 0 && bin.n > 0 ? Math.min(1, ((bin.decoys / weight) * uncaused) / bin.n) : Number.NaN,
    })),
  }
}

function binOf(p: number): number {
  let b = edges.length - 2
  while (b > 0 && p < edges[b]!) b--
  return b
}
