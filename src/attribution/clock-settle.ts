// What is taken to be known of a clock once its offset is proven, bounded, or neither.

import type { ClockDomain } from './api.ts'
import { placeOffset } from './clock-offset.ts'
import { type Piece, shape } from './clock-pieces.ts'
import { zoneOf } from './clock-proof.ts'
import type { Anchors, Peak } from './correlogram.ts'
import { span } from './explain.ts'
import { median, quantile } from './quantiles.ts'

const sharpUs = 2_000_000
/** Records that tell only windows already allow for what their clock may be off. */
const boundedSdUs = 2_000_000
const likelySdUs = 1_000_000
/** A clock that is known no better cannot tell calls apart. */
const alignedSdUs = 5_000_000

/** What a clock kept by NTP may be off when nothing shows it, and one of which nothing is known. */
export const priorSdUs = { utc: 2e6, naive: 30e6, uptime: 30e6 } as const

export interface State {
  pieces: Piece[]
  sdUs: number
  /** What to widen windows by where that is less than what is not known. */
  doubtUs?: number
  z: number
  aligned: boolean
  contradicted?: boolean
  note: string
}

/** Of the connections whose place some call names, which are those that can be compared at all, how many agree. */
export function agreement(peak: Peak): string {
  return `${peak.effects} of ${peak.asked} connections that were compared with calls agree`
}

export function settle(
  domain: ClockDomain,
  peak: Peak | undefined,
  { ok, likely, zoneUs }: { ok: boolean; likely: boolean; zoneUs: number },
  anchors: Anchors,
  member: { aheadUs: number; sdUs: number; clock: number },
  by: string,
  allowed: (us: number) => boolean,
  agentZoneUs: number,
  /** How wide the network's own stamps are, µs. */
  stampUs: number,
): State {
  const tied = member.aheadUs !== 0 ? '; tied to another sensor by connections both saw' : ''
  if (peak && ok) {
    const found = shape(anchors, peak, allowed)
    const [first] = found
    // Along a steady drift all pairs tell of one offset; after a step each piece keeps what its blocks say.
    const placed =
      found.length === 1 && first
        ? placedOf(steadied(anchors, first), { ...peak, offsetUs: first.offsetUs }, stampUs)
        : { offsetUs: first?.offsetUs ?? peak.offsetUs, sdUs: peak.sdUs }
    const moved = placed.offsetUs - (first?.offsetUs ?? placed.offsetUs) + member.aheadUs + agentZoneUs
    const pieces = found.map((p) => ({ ...p, offsetUs: p.offsetUs + moved }))
    const steps = pieces.length > 1 ? `; ${pieces.length - 1} step of the clock` : ''
    return {
      pieces,
      sdUs: Math.hypot(placed.sdUs, member.sdUs),
      // A member tied by its windows' bounds has windows that allow for what the tie leaves open.
      ...(member.sdUs >= likelySdUs ? { doubtUs: placed.sdUs } : {}),
      z: peak.z,
      aligned: placed.sdUs <= alignedSdUs,
      note: `${agreement(peak)}, by ${by}${tied}${steps}${placed.sdUs <= alignedSdUs ? '' : '; known too loosely to place a call'}`,
    }
  }
  // Not proven: lean on the zone's prior, and on what little there is.
  const sd = priorSdUs[domain.zone]
  const few = peak ? `${agreement(peak)}, of ${peak.causes} calls` : 'no call names what was contacted'
  const contradicted = peak !== undefined && peak.asked >= 50 && peak.effects < 0.15 * peak.asked
  const placed = peak && likely ? placedOf(anchors, peak, stampUs) : undefined
  const state = {
    pieces: [{ fromUs: 0, offsetUs: (placed?.offsetUs ?? zoneUs) + member.aheadUs + agentZoneUs, drift: 0 }],
    sdUs: placed ? Math.max(likelySdUs, 1.5 * placed.sdUs) : zoneUs !== 0 ? priorSdUs.utc : sd,
    // Answers lean on the likeliest offset as far as it is known if it is right; what is claimed by it stays capped.
    ...(placed ? { doubtUs: placed.sdUs } : {}),
    z: peak?.z ?? 0,
    aligned: false,
    contradicted,
  }
  const unsure = 'windows are widened and time alone proves nothing'
  if (!placed && zoneUs !== 0) {
    const moved = `${span(Math.abs(zoneUs))} ${zoneUs > 0 ? 'ahead' : 'behind'}`
    return {
      ...state,
      note: `${few}, but only a clock ${moved} meets the traces at all: taken to be so; ${unsure}`,
    }
  }
  if (domain.zone === 'utc') return { ...state, note: `${few}, too few to be sure: ${unsure}` }
  return {
    ...state,
    note: `${few}, and its zone is not known: ${placed ? 'the best guess is used' : 'taken as UTC'}; say the zone with --tz`,
  }
}

/** The pairs as a clock without the drift of `piece` would have stamped them. */
function steadied(anchors: Anchors, piece: Piece): Anchors {
  if (piece.drift === 0) return anchors
  const gained = (k: number) => piece.drift * (anchors.time[k]! - piece.fromUs)
  return {
    ...anchors,
    low: anchors.low.map((us, k) => us - gained(k)),
    high: anchors.high.map((us, k) => us - gained(k)),
  }
}

/** Where windows are wide the correlogram's own place is as good as any; otherwise lags and stamps are looked at closely. */
function placedOf(anchors: Anchors, peak: Peak, stampUs: number): { offsetUs: number; sdUs: number } {
  const widthUs = median(Array.from(anchors.low, (low, k) => anchors.high[k]! - low))
  if (widthUs <= sharpUs) return placeOffset(anchors, peak.offsetUs)
  // A stamp may err to the same side each time; what traces leave open of each call does not.
  return { offsetUs: peak.offsetUs, sdUs: Math.max(peak.sdUs, 0.1 * stampUs, 0.02 * widthUs) }
}

/**
 * Windows say within what bounds a clock is off and no more: what a record calls the beginning may be a minute late each time, and
 * no number of records shows it. Of what is left, the offset nearest to a zone is likeliest.
 */
export function withinBounds(
  anchors: Anchors,
  peak: Peak,
  member: { aheadUs: number },
  agentZoneUs: number,
): State {
  const agreeing = [...anchors.low.keys()].filter(
    (k) => anchors.low[k]! - 2e6 <= peak.offsetUs && anchors.high[k]! >= peak.offsetUs,
  )
  const from = quantile(
    agreeing.map((k) => anchors.low[k]!),
    0.9,
  )
  const to = quantile(
    agreeing.map((k) => anchors.high[k]!),
    0.1,
  )
  const zone = zoneOf(peak.offsetUs)
  const offsetUs = from < to ? Math.min(to, Math.max(from, zone)) : zone
  const widthUs = median(agreeing.map((k) => anchors.high[k]! - anchors.low[k]!))
  return {
    pieces: [{ fromUs: 0, offsetUs: offsetUs + member.aheadUs + agentZoneUs, drift: 0 }],
    sdUs: widthUs / Math.sqrt(12),
    doubtUs: boundedSdUs,
    z: peak.z,
    aligned: false,
    note:
      `${agreement(peak)}, but its records tell only within ${span(widthUs)} when something ` +
      'began, so its clock is known no better; a conntrack, DNS or firewall log of the same connections would place it',
  }
}
