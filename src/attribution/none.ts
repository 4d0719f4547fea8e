// If no recorded call did it, who did? Shares "none" out over the usual suspects.

import { noneKinds } from './api.ts'
import { reaches } from './keys.ts'
import { keptMax, type Posterior } from './posterior.ts'
import type { Units } from './sessions.ts'

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
  const lists = new Map<string, number[]>()
  for (let u = 0; u < units.n; u++) {
    if (!Number.isFinite(units.from[u]!) || units.mark[u] === 0) continue
    const key = keyOf(units, u)
    const list = lists.get(key)
    if (list) list.push(u)
    else lists.set(key, [u])
  }
  const beat = new Map<string, number>()
  for (const [key, list] of lists) {
    const times = list.filter((u) => post.none[u]! > 0.5).map((u) => units.from[u]!)
    if (times.length >= repeatsMin) beat.set(key, steadiness(times))
  }
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
    const key = keyOf(units, u)
    const steady = beat.get(key) ?? 0
    const alike = lists.get(key)?.length ?? 1
    const idleSeen = idle.get(units.mark[u]!) ?? 0
    const causedSeen = caused.get(units.mark[u]!) ?? 0
    if (reach === 'inbound') w[kind.outside] = 40
    if (reach === 'host' || reach === 'unassigned') {
      w[kind.daemon] = 4
      w[kind.agent] = 0.1
    }
    if (unnamed[u] === 1) w[kind.agent] = 50
    if (steady > 0) w[kind.periodic] = 0.1 * Math.exp(Math.min(8, steady))
    else if (alike >= repeatsMin) w[kind.periodic] = 0.03
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

function keyOf(units: Units, u: number): string {
  return `${units.group[u]}|${units.reach[u]}|${units.mark[u]}|${units.dstPort[u]}|${units.isDns[u]}`
}

function bump(map: Map<number, number>, key: number, by: number): void {
  map.set(key, (map.get(key) ?? 0) + by)
}
