// If no recorded call did it, who did? Shares "none" out over the usual suspects.

import { noneKinds } from './api.ts'
import { reaches } from './keys.ts'
import { keptMax, type Posterior } from './posterior.ts'
import type { Units } from './sessions.ts'
import { tupleIds } from './tuple-ids.ts'

const kinds = noneKinds.length
const kind = {
  periodic: noneKinds.indexOf('periodic-job'),
  daemon: noneKinds.indexOf('host-daemon'),
  outside: noneKinds.indexOf('outside'),
  agent: noneKinds.indexOf('unrecorded-agent'),
}
const repeatsMin = 5

/**
 * Shares of "none" by unit, four values each that sum to 1. Looks at who began the connection, whether the same
 * thing recurs at a steady beat, whether it goes on when no call runs, and whether calls go there too.
 */
export function splitNone(
  units: Units,
  post: Posterior,
  inCall: (u: number) => boolean,
  unnamed: Uint8Array,
) {
  const out = new Float64Array(units.n * kinds)
  const { key, alike, steady } = likes(units, post)
  // How each destination behaves over all boxes: caused by calls, and seen with no call in reach.
  const caused = new Map<number, number>()
  const idle = new Map<number, number>()
  for (let u = 0; u < units.n; u++) {
    let p = 0
    for (let k = u * keptMax; k < (u + 1) * keptMax; k++) p += post.p[k]!
    bump(caused, units.mark[u]!, p)
    if (units.group[u]! >= 0 && !inCall(u)) bump(idle, units.mark[u]!, post.none[u]!)
  }
  for (let u = 0; u < units.n; u++) {
    const reach = reaches[units.reach[u]!]!
    const at = u * kinds
    const w = [0.1, 0.4, 0.05, 0.4]
    const k0 = key[u]!
    const beat = k0 < 0 ? 0 : steady[k0]!
    const others = k0 < 0 ? 1 : alike[k0]!
    const idleSeen = idle.get(units.mark[u]!) ?? 0
    const causedSeen = caused.get(units.mark[u]!) ?? 0
    if (reach === 'inbound') w[kind.outside] = 40
    if (reach === 'host' || reach === 'unassigned') {
      w[kind.daemon] = 4
      w[kind.agent] = 0.1
    }
    if (unnamed[u] === 1) w[kind.agent] = 50
    if (beat > 0) w[kind.periodic] = 0.1 * Math.exp(Math.min(8, beat))
    else if (others >= repeatsMin) w[kind.periodic] = 0.03
    // Goes on when no call runs, as often as not: something of the machine's own.
    w[kind.daemon]! *= 1 + 2 * Math.min(5, idleSeen)
    // Where calls go too, a call that was not recorded is the likelier.
    w[kind.agent]! *= (1 + 4 * Math.min(3, causedSeen)) / (1 + 0.5 * Math.min(10, idleSeen))
    let sum = 0
    for (let k = 0; k < kinds; k++) sum += w[k]!
    for (let k = 0; k < kinds; k++) out[at + k] = w[k]! / sum
  }
  return out
}

/** Whether times recur at a steady beat: the logarithm of how unlikely by chance (Rayleigh), 0 when not. */
export function steadiness(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b)
  const gaps = sorted.slice(1).map((t, k) => t - sorted[k]!)
  gaps.sort((a, b) => a - b)
  let period = gaps[gaps.length >> 1]!
  if (!(period > 100_000)) return 0
  // The beat is sharpened by counting beats from the first: least squares of time on beat number.
  for (let round = 0; round < 3; round++) {
    let [sx, sy, sxx, sxy] = [0, 0, 0, 0]
    let beatNumber = 0
    sorted.forEach((t, k) => {
      if (k > 0) beatNumber += Math.max(0, Math.round((t - sorted[k - 1]!) / period))
      const y = t - sorted[0]!
      sx += beatNumber
      sy += y
      sxx += beatNumber * beatNumber
      sxy += beatNumber * y
    })
    const n = sorted.length
    const d = n * sxx - sx * sx
    if (!(d > 0)) return 0
    period = (n * sxy - sx * sy) / d
    if (!(period > 100_000)) return 0
  }
  let [c, s] = [0, 0]
  for (const t of sorted) {
    const phase = (2 * Math.PI * (t - sorted[0]!)) / period
    c += Math.cos(phase)
    s += Math.sin(phase)
  }
  const n = sorted.length
  const power = (c * c + s * s) / n
  // The period was chosen to fit, which costs some of the surprise.
  const surprise = power - Math.log(n) - 2
  return surprise > 0 && power / n > 0.5 ? surprise : 0
}

/** Which units are alike (same boxes, place and port), how many, and how steady the beat is of those no call explains. */
function likes(units: Units, post: Posterior) {
  const n = units.n
  const ids = tupleIds(3, n >> 2)
  const key = new Int32Array(n).fill(-1)
  for (let u = 0; u < n; u++) {
    if (units.mark[u] === 0) continue
    const how = (units.dstPort[u]! * 8 + units.reach[u]!) * 2 + units.isDns[u]!
    if (Number.isFinite(units.from[u]!)) key[u] = ids.of(units.mark[u]!, units.group[u]! + 1, how)
  }
  const alike = new Uint32Array(ids.size())
  const start = new Uint32Array(ids.size() + 1)
  const counts = (u: number) => key[u]! >= 0 && post.none[u]! > 0.5
  for (let u = 0; u < n; u++) {
    if (key[u]! >= 0) alike[key[u]!]!++
    if (counts(u)) start[key[u]! + 1]!++
  }
  for (let k = 0; k < alike.length; k++) start[k + 1]! += start[k]!
  const times = new Float64Array(start[alike.length]!)
  const at = start.slice()
  for (let u = 0; u < n; u++) if (counts(u)) times[at[key[u]!]!++] = units.from[u]!
  const steady = new Float64Array(alike.length)
  for (let k = 0; k < alike.length; k++) {
    if (start[k + 1]! - start[k]! >= repeatsMin)
      steady[k] = steadiness([...times.subarray(start[k]!, start[k + 1]!)])
  }
  return { key, alike, steady }
}

function bump(map: Map<number, number>, key: number, by: number): void {
  map.set(key, (map.get(key) ?? 0) + by)
}
