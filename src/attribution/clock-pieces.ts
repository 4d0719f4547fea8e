// How a clock ran: its offset, its drift, and where it was set anew.

import { convincing, nearUs } from './clock-proof.ts'
import { type Anchors, findPeak, type Peak, within } from './correlogram.ts'
import { median } from './quantiles.ts'

const blocks = 8

/** How far a clock is ahead, in pieces: from `fromUs` (on that clock) offset + drift · (t − fromUs). */
export interface Piece {
  readonly fromUs: number
  readonly offsetUs: number
  readonly drift: number
}

/** µs that a clock of these pieces is ahead at `us` on it. */
export function offsetIn(pieces: readonly Piece[], us: number): number {
  let piece = pieces[0]
  for (const p of pieces) if (p.fromUs <= us) piece = p
  return piece ? piece.offsetUs + (piece.drift === 0 ? 0 : piece.drift * (us - piece.fromUs)) : 0
}

/** Offset, drift and steps of a clock along its anchors. */
export function shape(anchors: Anchors, peak: Peak, allowed: (us: number) => boolean): Piece[] {
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  for (const t of anchors.time) {
    from = Math.min(from, t)
    to = Math.max(to, t)
  }
  const whole = [{ fromUs: from, offsetUs: peak.offsetUs, drift: 0 }]
  const length = (to - from) / blocks
  // Windows hide what a block could show.
  const hidden = median(Array.from(anchors.low, (low, k) => anchors.high[k]! - low)) > 5e6
  if (hidden || !(length > 60e6) || peak.effects < 6 * blocks) return whole
  const found: { at: number; end: number; offset: number; sd: number }[] = []
  for (let b = 0; b < blocks; b++) {
    const part = within(anchors, from + b * length, from + (b + 1) * length + (b === blocks - 1 ? 1 : 0))
    const p = findPeak(part, (us) => allowed(us) && Math.abs(us - peak.offsetUs) <= nearUs)
    if (p && convincing({ ...p, offsetUs: p.offsetUs - peak.offsetUs })) {
      found.push({
        at: from + (b + 0.5) * length,
        end: from + (b + 1) * length,
        offset: p.offsetUs,
        sd: p.sdUs,
      })
    }
  }
  if (found.length < 4) return whole
  const slopes: number[] = []
  for (let a = 0; a < found.length; a++) {
    for (let b = a + 1; b < found.length; b++) {
      slopes.push((found[b]!.offset - found[a]!.offset) / (found[b]!.at - found[a]!.at))
    }
  }
  const slope = median(slopes)
  const at0 = median(found.map((f) => f.offset - slope * (f.at - from)))
  const rest = found.map((f) => f.offset - at0 - slope * (f.at - from))
  const mad = median(rest.map(Math.abs))
  const limit = Math.max(3 * mad, 1_000_000, 4 * median(found.map((f) => f.sd)))
  if (rest.every((r) => Math.abs(r) <= limit)) {
    // A drift counts only when it moves the clock by more than the blocks scatter.
    const moved = Math.abs(slope) * (to - from)
    const scatter = Math.max(20_000, 3 * mad, 2 * median(found.map((f) => f.sd)))
    if (moved <= scatter || Math.abs(slope) > 1e-3) return whole
    return [{ fromUs: from, offsetUs: at0, drift: slope }]
  }
  const pieces: Piece[] = []
  let begin = 0
  for (let b = 1; b <= found.length; b++) {
    if (b < found.length && Math.abs(found[b]!.offset - found[b - 1]!.offset) <= limit) continue
    const part = found.slice(begin, b)
    const startUs = begin === 0 ? from : stepAt(anchors, found[begin - 1]!, found[begin]!)
    pieces.push({ fromUs: startUs, offsetUs: median(part.map((f) => f.offset)), drift: 0 })
    begin = b
  }
  return pieces.length <= 4 ? pieces : whole
}

/** Where between two blocks a clock stepped: the cut that lets most pairs agree with their side's offset. */
function stepAt(
  anchors: Anchors,
  before: { at: number; offset: number },
  after: { at: number; offset: number },
): number {
  const near: { t: number; gain: number }[] = []
  for (let k = 0; k < anchors.time.length; k++) {
    const t = anchors.time[k]!
    if (t < before.at || t > after.at) continue
    const fits = (offset: number) =>
      anchors.low[k]! - 2e6 <= offset && anchors.high[k]! + 1e5 >= offset ? anchors.weight[k]! : 0
    near.push({ t, gain: fits(before.offset) - fits(after.offset) })
  }
  near.sort((a, b) => a.t - b.t)
  let best = 0
  let sum = 0
  let cut = (before.at + after.at) / 2
  for (const { t, gain } of near) {
    sum += gain
    if (sum > best) {
      best = sum
      cut = t + 1
    }
  }
  return cut
}
