// Whether where pairs of stamps agree is proof of how far a clock is off.

import { attributionDefaults, type ClockDomain } from './api.ts'
import { type Anchors, findPeak, type Peak } from './correlogram.ts'

const zoneStepUs = 900e6
const zoneMaxUs = 14 * 3600e6
export const nearUs = 300e6
/** Fewer agreeing witnesses than this prove nothing, however well they agree. */
const witnessesMin = 5

/** The peak, near zero where that is about as good: a zone error needs better proof than none. */
export function best(anchors: Anchors, allowed: (us: number) => boolean, zoned: boolean): Peak | undefined {
  const any = findPeak(anchors, allowed)
  if (!any || Math.abs(any.offsetUs) <= nearUs) return any
  const near = findPeak(anchors, (us) => Math.abs(us) <= nearUs)
  if (!near) return any
  const [a, b] = [any.effects * (zoned ? 1 : 0.7), near.effects]
  return b >= a && near.z >= 0.7 * any.z ? near : any
}

/** Whether a peak is proof. An error of minutes or hours is rarer than one of seconds and asks for more. */
export function convincing(peak: Peak): boolean {
  const far = Math.abs(peak.offsetUs) > 60e6
  // Many effects of one cause are one witness more than several.
  const z = peak.z * Math.sqrt(Math.min(1, (2 * peak.causes) / peak.effects))
  return (
    z >= attributionDefaults.zMin * (far ? 1.2 : 1) &&
    peak.effects >= Math.max(witnessesMin, (far ? 0.1 : 0.03) * peak.asked) &&
    peak.causes >= witnessesMin - 1 &&
    peak.rival < (far ? 0.7 : 0.9)
  )
}

/** Zero or a zone error of a multiple of 15 min, give or take five minutes. */
export function nearZone(us: number): boolean {
  if (Math.abs(us) > zoneMaxUs + nearUs) return false
  return Math.abs(us - zoneOf(us)) <= nearUs
}

/** The zone error nearest to an offset, µs. */
export function zoneOf(us: number): number {
  return Math.round(us / zoneStepUs) * zoneStepUs
}

export function byName(domains: readonly ClockDomain[], a: number, b: number): number {
  const [x, y] = [domains[a]!.name, domains[b]!.name]
  return x < y ? -1 : x > y ? 1 : a - b
}
