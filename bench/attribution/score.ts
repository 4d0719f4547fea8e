// How good the answers are, and how honest.

import type { AttributionResult } from '../../src/attribution/api.ts'
import type { Truth } from './generate.ts'

export interface Score {
  readonly n: number
  readonly candidates: number
  readonly top1: number
  readonly ece: number
  readonly brier: number
  readonly logLoss: number
  readonly aucNone: number
  readonly claimed9: number
  readonly precision9: number
  readonly recall9: number
  readonly claimed5: number
  readonly precision5: number
  readonly recall5: number
  /** Signed: stated confidence less accuracy, of the leading answer. */
  readonly over: number
}

/** Scores events; `only` picks some of them. "None" counts as an answer; precision and recall are about calls. */
export function score(
  result: AttributionResult,
  truth: Truth,
  only: (i: number) => boolean = () => true,
): Score {
  const bins = Array.from({ length: 15 }, () => ({ n: 0, right: 0, p: 0 }))
  const nones: { p: number; none: boolean }[] = []
  let [n, right, brier, logLoss, said9, right9, said5, right5, caused, listed, over] = new Array(11).fill(0)
  for (let i = 0; i < truth.call.length; i++) {
    if (!only(i)) continue
    n++
    const actual = truth.call[i]!
    if (actual >= 0) caused++
    let best = -1
    let bestP = result.pNone[i]!
    let pTrue = actual < 0 ? result.pNone[i]! : 0
    let squares = (result.pNone[i]! - (actual < 0 ? 1 : 0)) ** 2
    for (let x = result.candStart[i]!; x < result.candStart[i + 1]!; x++) {
      listed++
      const p = result.candP[x]!
      const same = result.candCall[x] === actual
      squares += (p - (same ? 1 : 0)) ** 2
      if (same) pTrue = p
      if (p > bestP) {
        bestP = p
        best = result.candCall[x]!
      }
    }
    const ok = best === actual
    if (ok) right++
    over += bestP - (ok ? 1 : 0)
    brier += squares
    logLoss -= Math.log(Math.max(1e-6, pTrue))
    const bin = bins[Math.min(14, Math.floor(bestP * 15))]!
    bin.n++
    bin.p += bestP
    if (ok) bin.right++
    const first = result.candStart[i]!
    if (first < result.candStart[i + 1]!) {
      const p = result.candP[first]!
      const hit = result.candCall[first] === actual
      if (p >= 0.9) {
        said9++
        if (hit) right9++
      }
      if (p >= 0.5) {
        said5++
        if (hit) right5++
      }
    }
    nones.push({ p: result.pNone[i]!, none: actual < 0 })
  }
  const ece = bins.reduce((s, b) => s + (b.n === 0 ? 0 : Math.abs(b.p - b.right) / n), 0)
  return {
    n,
    candidates: listed / n,
    top1: right / n,
    ece,
    brier: brier / n,
    logLoss: logLoss / n,
    aucNone: auc(nones),
    claimed9: said9 / n,
    precision9: said9 === 0 ? Number.NaN : right9 / said9,
    recall9: caused === 0 ? Number.NaN : right9 / caused,
    claimed5: said5 / n,
    precision5: said5 === 0 ? Number.NaN : right5 / said5,
    recall5: caused === 0 ? Number.NaN : right5 / caused,
    over: over / n,
  }
}

function auc(rows: { p: number; none: boolean }[]): number {
  rows.sort((a, b) => a.p - b.p)
  let positives = 0
  let sum = 0
  for (let i = 0; i < rows.length; ) {
    let j = i
    while (j < rows.length && rows[j]!.p === rows[i]!.p) j++
    const rank = (i + j + 1) / 2
    for (let x = i; x < j; x++) {
      if (rows[x]!.none) {
        positives++
        sum += rank
      }
    }
    i = j
  }
  const negatives = rows.length - positives
  return positives === 0 || negatives === 0
    ? Number.NaN
    : (sum - (positives * (positives + 1)) / 2) / (positives * negatives)
}
