// One time for all: how far every clock is ahead of the agents', found from what agents named and sensors then saw.

import { eventClasses } from '../schema/event.ts'
import { contentAnchors, lookupAnchors, timeAnchors, tupleAnchors } from './anchors.ts'
import {
  attributionDefaults,
  type CallColumns,
  type ClockDomain,
  type ClockEstimate,
  type EventColumns,
} from './api.ts'
import { type Anchors, findPeak, joined, type Peak, sharpen, shifted, within } from './correlogram.ts'
import { span } from './explain.ts'
import type { Keys } from './keys.ts'
import type { TargetIndex } from './targets.ts'

/** How far a clock is ahead, in pieces: from `fromUs` (on that clock) offset + drift · (t − fromUs). */
interface Piece {
  readonly fromUs: number
  readonly offsetUs: number
  readonly drift: number
}

export interface Clocks {
  readonly estimates: readonly ClockEstimate[]
  /** µs to subtract from a stamp of a clock to get reference time. */
  offset(clock: number, us: number): number
  readonly sdUs: Float64Array
  readonly aligned: Uint8Array
  /** 1 where calls name much of what was contacted, yet no offset makes the times agree: chance, not cause. */
  readonly contradicted: Uint8Array
  readonly notes: readonly string[]
}

const dnsClass = eventClasses.indexOf('dns_activity')
const zoneStepUs = 900e6
const zoneMaxUs = 14 * 3600e6
const nearUs = 300e6
/** Fewer agreeing witnesses than this prove nothing, however well they agree. */
const witnessesMin = 5
/** What a clock kept by NTP may be off when nothing shows it, and one of which nothing is known. */
const priorSdUs = { utc: 2e6, naive: 30e6, uptime: 30e6 } as const
const tieMin = 4
/** From here on bounds, not stamps, tie two clocks; what may be left between them then. */
const wideTieUs = 5_000_000
const wideTieSdUs = 1_000_000
const blocks = 8

interface State {
  pieces: Piece[]
  sdUs: number
  z: number
  aligned: boolean
  contradicted?: boolean
  note: string
}

export function alignClocks(
  domains: readonly ClockDomain[],
  events: EventColumns,
  calls: CallColumns,
  keys: Keys,
  names: Uint32Array,
  targets: TargetIndex,
): Clocks {
  const notes: string[] = []
  const eventCount = tally(events.clock, domains.length)
  const callCount = tally(calls.clock, domains.length)
  const state: State[] = domains.map((d) => ({
    pieces: [{ fromUs: 0, offsetUs: 0, drift: 0 }],
    sdUs: priorSdUs[d.zone],
    z: 0,
    aligned: false,
    note: 'nothing to align it by; taken as it is',
  }))
  const order = domains.map((_, k) => k).sort((a, b) => byName(domains, a, b))
  const agents = order.filter((k) => callCount[k]! > 0)
  const networks = order.filter((k) => eventCount[k]! > 0 && !agents.includes(k))
  const reference = pick(agents, domains, callCount)
  if (reference === undefined) {
    if (networks.length > 0)
      notes.push('There are no tool calls, so clocks could not be compared with the agents’.')
    return finish(domains, state, undefined, networks, notes)
  }
  // Agents that know UTC are taken to agree with each other until their events say otherwise.
  const trusted = agents.filter((k) => k === reference || domains[k]!.zone === 'utc')
  for (const k of trusted) {
    state[k] = { ...state[k]!, sdUs: 1000, aligned: true, note: 'taken as the reference' }
    if (k !== reference) state[k]!.note = `taken to agree with ${domains[reference]!.name}: both know UTC`
  }
  const zoneOpen = domains[reference]!.zone === 'naive'

  // Clocks of the network's side that saw the same connections move together.
  const ties = tieClocks(events, keys, domains, networks, eventCount)
  const isTrusted = (clock: number) => trusted.includes(clock)
  let agentZoneUs: number | undefined
  for (const tie of ties) {
    const uptime = tie.members.every((m) => domains[m.clock]!.zone === 'uptime')
    const anchorsOf = (clock: number, byUs: number) =>
      shifted(contentAnchors(events, calls, keys, names, targets, clock, isTrusted, uptime), byUs)
    const zoned = zoneOpen || tie.members.every((m) => domains[m.clock]!.zone !== 'utc')
    const allowed = (us: number) => uptime || nearZone(us)
    let anchors = joined(tie.members.map((m) => anchorsOf(m.clock, m.aheadUs)))
    let peak = best(anchors, allowed, zoned)
    let by = 'names and addresses that calls mention'
    if (!peak || !convincing(peak)) {
      const timed = joined(
        tie.members.map((m) => shifted(timeAnchors(events, calls, keys, m.clock, isTrusted), m.aheadUs)),
      )
      const other = best(timed, (us) => Math.abs(us) <= nearUs, false)
      if (other && convincing(other) && other.rival < 0.8 && other.z > (peak?.z ?? 0)) {
        peak = other
        anchors = timed
        by = 'timing alone'
      }
    }
    const ok = peak !== undefined && convincing(peak)
    // The part of the offset that is a zone belongs to the side that does not know its zone.
    if (
      ok &&
      zoneOpen &&
      agentZoneUs === undefined &&
      tie.members.some((m) => domains[m.clock]!.zone === 'utc')
    ) {
      const zone = Math.round(peak!.offsetUs / zoneStepUs) * zoneStepUs
      agentZoneUs = Math.abs(peak!.offsetUs - zone) <= nearUs ? -zone : 0
    }
    for (const m of tie.members) {
      state[m.clock] = settle(domains[m.clock]!, peak, ok, anchors, m, by, allowed, agentZoneUs ?? 0)
    }
  }
  if (agentZoneUs !== undefined && agentZoneUs !== 0) {
    for (const k of trusted) {
      if (domains[k]!.zone === 'utc') continue
      state[k]!.pieces = [{ fromUs: 0, offsetUs: agentZoneUs, drift: 0 }]
      state[k]!.note =
        `local time of an unnamed zone, ${zoneText(agentZoneUs)} of UTC by what the network saw`
    }
  }
  borrow(domains, state, networks, eventCount)
  alignAgents(domains, state, agents, trusted, reference, networks, { events, calls, keys, names, targets })
  return finish(domains, state, reference, networks, notes)
}

interface Tie {
  readonly leader: number
  /** How far each member is ahead of the leader. */
  readonly members: readonly { readonly clock: number; readonly aheadUs: number; readonly sdUs: number }[]
}

/** Groups of network clocks tied by shared connections, or by lookups and what followed them. */
function tieClocks(
  events: EventColumns,
  keys: Keys,
  domains: readonly ClockDomain[],
  networks: readonly number[],
  count: Float64Array,
): Tie[] {
  const left = new Set(networks)
  const rank = { utc: 0, naive: 1, uptime: 2 }
  const bySize = [...networks].sort(
    (a, b) =>
      rank[domains[a]!.zone] - rank[domains[b]!.zone] || count[b]! - count[a]! || byName(domains, a, b),
  )
  const out: Tie[] = []
  for (const leader of bySize) {
    if (!left.delete(leader)) continue
    const members = [{ clock: leader, aheadUs: 0, sdUs: 0 }]
    for (let x = 0; x < members.length && members.length <= 64; x++) {
      const from = members[x]!
      for (const other of bySize) {
        if (!left.has(other)) continue
        const link = tieBetween(events, keys, domains, from.clock, other)
        if (!link) continue
        left.delete(other)
        members.push({
          clock: other,
          aheadUs: from.aheadUs + link.aheadUs,
          sdUs: Math.hypot(from.sdUs, link.sdUs),
        })
      }
    }
    out.push({ leader, members })
  }
  return out
}

function tieBetween(
  events: EventColumns,
  keys: Keys,
  domains: readonly ClockDomain[],
  a: number,
  b: number,
): { aheadUs: number; sdUs: number } | undefined {
  const same = tupleAnchors(events, a, b)
  if (same.low.length >= tieMin) {
    const peak = findPeak(same, () => true, 200_000)
    if (peak && peak.effects >= tieMin && peak.effects >= 0.3 * peak.asked) {
      const agree: number[] = []
      const low: number[] = []
      const high: number[] = []
      for (let k = 0; k < same.low.length; k++) {
        const middle = (same.low[k]! + same.high[k]!) / 2
        const half = (same.high[k]! - same.low[k]!) / 2 + 500_000
        if (Math.abs(middle - peak.offsetUs) > half) continue
        agree.push(middle)
        low.push(same.low[k]!)
        high.push(same.high[k]!)
      }
      if (agree.length >= tieMin) {
        const aheadUs = median(agree)
        const spread = median(agree.map((x) => Math.abs(x - aheadUs)))
        // Windows say within what bounds the clocks differ and no more: of what is left, agreement is likeliest.
        const [from, to] = [quantile(low, 0.9), quantile(high, 0.1)]
        if (to - from > wideTieUs && domains[a]!.zone === 'utc' && domains[b]!.zone === 'utc') {
          return { aheadUs: Math.min(to, Math.max(from, 0)), sdUs: wideTieSdUs }
        }
        return { aheadUs, sdUs: Math.max(1000, (1.5 * spread) / Math.sqrt(agree.length)) }
      }
    }
  }
  const ways: [Anchors, number][] = [
    [lookupAnchors(events, keys, a, b, dnsClass), 1],
    [lookupAnchors(events, keys, b, a, dnsClass), -1],
  ]
  for (const [anchors, sign] of ways) {
    const peak = findPeak(anchors, (us) => nearZone(us))
    if (peak && convincing(peak)) return { aheadUs: sign * peak.offsetUs, sdUs: peak.sdUs }
  }
  return undefined
}

/** The peak, near zero where that is about as good: a zone error needs better proof than none. */
function best(anchors: Anchors, allowed: (us: number) => boolean, zoned: boolean): Peak | undefined {
  const any = findPeak(anchors, allowed)
  if (!any || Math.abs(any.offsetUs) <= nearUs) return any
  const near = findPeak(anchors, (us) => Math.abs(us) <= nearUs)
  if (!near) return any
  const [a, b] = [any.effects * (zoned ? 1 : 0.7), near.effects]
  return b >= a && near.z >= 0.7 * any.z ? near : any
}

/** Whether a peak is proof. An error of minutes or hours is rarer than one of seconds and asks for more. */
function convincing(peak: Peak): boolean {
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

function settle(
  domain: ClockDomain,
  peak: Peak | undefined,
  ok: boolean,
  anchors: Anchors,
  member: { aheadUs: number; sdUs: number; clock: number },
  by: string,
  allowed: (us: number) => boolean,
  agentZoneUs: number,
): State {
  const tied = member.aheadUs !== 0 ? '; tied to another sensor by connections both saw' : ''
  if (peak && ok) {
    const pieces = shape(anchors, peak, allowed).map((p) => ({
      ...p,
      fromUs: p.fromUs,
      offsetUs: p.offsetUs + member.aheadUs + agentZoneUs,
    }))
    const steps = pieces.length > 1 ? `; ${pieces.length - 1} step of the clock` : ''
    return {
      pieces,
      sdUs: Math.hypot(peak.sdUs, member.sdUs),
      z: peak.z,
      aligned: true,
      note: `${peak.effects} of ${peak.asked} connections agree, by ${by}${tied}${steps}`,
    }
  }
  // Not proven: lean on the zone's prior, and on what little there is.
  const sd = priorSdUs[domain.zone]
  const few = peak ? `${peak.effects} of ${peak.asked} connections agree` : 'no call names what was contacted'
  const contradicted = peak !== undefined && peak.asked >= 50 && peak.effects < 0.15 * peak.asked
  if (domain.zone === 'utc') {
    const hint =
      peak !== undefined &&
      peak.z >= 7 &&
      Math.abs(peak.offsetUs) <= 5 * sd &&
      peak.effects >= 0.1 * peak.asked
    const narrowed = hint
      ? sharpen(anchors, peak.offsetUs, 4e6, (us) => -(us * us) / (2 * sd * sd))
      : { offsetUs: 0, sdUs: sd }
    return {
      pieces: [{ fromUs: 0, offsetUs: narrowed.offsetUs + member.aheadUs + agentZoneUs, drift: 0 }],
      sdUs: Math.min(sd, Math.max(300_000, 1.5 * narrowed.sdUs)),
      z: peak?.z ?? 0,
      aligned: false,
      contradicted,
      note: `${few}, too few to be sure: windows are widened and time alone proves nothing`,
    }
  }
  const guess = peak && peak.z >= 4 && peak.effects >= 3
  return {
    pieces: [{ fromUs: 0, offsetUs: (guess ? peak.offsetUs : 0) + member.aheadUs + agentZoneUs, drift: 0 }],
    sdUs: guess ? Math.max(2e6, 2 * peak.sdUs) : sd,
    z: peak?.z ?? 0,
    aligned: false,
    contradicted,
    note: `${few}, and its zone is not known: ${guess ? 'the best guess is used' : 'taken as UTC'}; say the zone with --tz`,
  }
}

/** Offset, drift and steps of a clock along its anchors. */
function shape(anchors: Anchors, peak: Peak, allowed: (us: number) => boolean): Piece[] {
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

/** A weak clock takes the offset that its family agrees on. */
function borrow(
  domains: readonly ClockDomain[],
  state: State[],
  networks: readonly number[],
  count: Float64Array,
): void {
  for (const k of networks) {
    if (state[k]!.aligned) continue
    const kin = networks.filter(
      (o) => o !== k && domains[o]!.family === domains[k]!.family && state[o]!.aligned,
    )
    if (kin.length === 0) continue
    const donor = kin.reduce((a, b) => (count[b]! > count[a]! ? b : a))
    const offsets = kin.map((o) => state[o]!.pieces[0]!.offsetUs)
    const spread = Math.max(...offsets) - Math.min(...offsets)
    if (spread > 5e6) continue
    state[k] = {
      pieces: state[donor]!.pieces,
      sdUs: Math.max(500_000, spread, state[donor]!.sdUs),
      z: state[k]!.z,
      aligned: true,
      note: `borrowed from ${domains[donor]!.name}: the same kind of sensor`,
    }
  }
}

/** Further agent clocks: naive ones are set by their events, UTC ones only moved on strong proof. */
function alignAgents(
  domains: readonly ClockDomain[],
  state: State[],
  agents: readonly number[],
  trusted: readonly number[],
  reference: number,
  networks: readonly number[],
  x: { events: EventColumns; calls: CallColumns; keys: Keys; names: Uint32Array; targets: TargetIndex },
): void {
  for (const k of agents) {
    if (k === reference) continue
    const isThis = (clock: number) => clock === k
    const anchors = joined(
      networks
        .filter((n) => state[n]!.aligned)
        .map((n) => {
          const a = contentAnchors(x.events, x.calls, x.keys, x.names, x.targets, n, isThis, false)
          return shifted(a, offsetIn(state[n]!.pieces, a.time[0] ?? 0))
        }),
    )
    const peak = best(anchors, nearZone, domains[k]!.zone !== 'utc')
    const ok = peak !== undefined && convincing(peak)
    if (trusted.includes(k)) {
      if (!ok || Math.abs(peak.offsetUs) < Math.max(1e6, 6 * peak.sdUs)) continue
    }
    state[k] = ok
      ? {
          pieces: [{ fromUs: 0, offsetUs: -peak.offsetUs, drift: 0 }],
          sdUs: peak.sdUs,
          z: peak.z,
          aligned: true,
          note: `${peak.effects} of ${peak.asked} connections agree, by names and addresses that its calls mention`,
        }
      : {
          ...state[k]!,
          z: peak?.z ?? 0,
          note: 'local time of an unnamed zone, and too few of its calls name what was contacted: taken as UTC; say the zone with --tz',
        }
  }
}

function finish(
  domains: readonly ClockDomain[],
  state: readonly State[],
  reference: number | undefined,
  networks: readonly number[],
  notes: string[],
): Clocks {
  const unaligned = networks.filter((k) => !state[k]!.aligned)
  if (reference !== undefined && unaligned.length > 0) {
    const list = unaligned.map((k) => domains[k]!.name).slice(0, 5)
    notes.push(
      `The clock of ${list.join(', ')} could not be compared with the agents’ (${state[unaligned[0]!]!.note}). ` +
        'Canaries, a DNS log, or traces with commands would decide it.',
    )
  }
  return {
    estimates: domains.map((d, k) => {
      const s = state[k]!
      return {
        domain: d.name,
        offsetMs: Math.round(s.pieces[0]!.offsetUs) / 1000,
        driftPpm: Math.round(s.pieces[0]!.drift * 1e9) / 1e3,
        sdMs: Math.round(s.sdUs) / 1000,
        z: Math.round(s.z * 10) / 10,
        aligned: s.aligned,
        note: s.note,
      }
    }),
    offset: (clock, us) => offsetIn(state[clock]?.pieces ?? [], us),
    sdUs: Float64Array.from(state, (s) => s.sdUs),
    aligned: Uint8Array.from(state, (s) => (s.aligned ? 1 : 0)),
    contradicted: Uint8Array.from(state, (s) => (s.contradicted ? 1 : 0)),
    notes,
  }
}

function offsetIn(pieces: readonly Piece[], us: number): number {
  let piece = pieces[0]
  for (const p of pieces) if (p.fromUs <= us) piece = p
  return piece ? piece.offsetUs + (piece.drift === 0 ? 0 : piece.drift * (us - piece.fromUs)) : 0
}

/** The agents' clock that all others are measured against: the largest that knows UTC, else the largest. */
function pick(
  agents: readonly number[],
  domains: readonly ClockDomain[],
  count: Float64Array,
): number | undefined {
  const worth = (k: number) => (domains[k]!.zone === 'utc' ? 1e15 : 0) + count[k]!
  let best: number | undefined
  for (const k of agents) if (best === undefined || worth(k) > worth(best)) best = k
  return best
}

/** Zero or a zone error of a multiple of 15 min, give or take five minutes. */
function nearZone(us: number): boolean {
  if (Math.abs(us) > zoneMaxUs + nearUs) return false
  return Math.abs(us - Math.round(us / zoneStepUs) * zoneStepUs) <= nearUs
}

function zoneText(us: number): string {
  return `${span(Math.abs(us))} ${us > 0 ? 'ahead' : 'behind'}`
}

function tally(clock: Uint16Array, n: number): Float64Array {
  const out = new Float64Array(n)
  for (const c of clock) if (c < n) out[c]!++
  return out
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted.length === 0 ? 0 : sorted[sorted.length >> 1]!
}

function byName(domains: readonly ClockDomain[], a: number, b: number): number {
  const [x, y] = [domains[a]!.name, domains[b]!.name]
  return x < y ? -1 : x > y ? 1 : a - b
}
