// One time for all: how far every clock is ahead of the agents', found from what agents named and sensors then saw.

import { contentAnchors, timeAnchors } from './anchors.ts'
import type { CallColumns, ClockDomain, ClockEstimate, EventColumns } from './api.ts'
import { meeting, sharpOf, unnamed, windowed } from './clock-evidence.ts'
import { offsetIn, type Piece } from './clock-pieces.ts'
import { byName, convincing, nearUs, nearZone, weigh, weighBlocks, zoneOf } from './clock-proof.ts'
import { agreement, priorSdUs, type State, settle, withinBounds } from './clock-settle.ts'
import { tieClocks } from './clock-ties.ts'
import { findPeak, joined, shifted } from './correlogram.ts'
import { span } from './explain.ts'
import type { Keys } from './keys.ts'
import { median } from './quantiles.ts'
import type { TargetIndex } from './targets.ts'

export interface Clocks {
  readonly estimates: readonly ClockEstimate[]
  /** µs to subtract from a stamp of a clock to get reference time. */
  offset(clock: number, us: number): number
  /** How each clock ran: what `offset` is computed from. */
  readonly pieces: readonly (readonly Piece[])[]
  readonly sdUs: Float64Array
  readonly aligned: Uint8Array
  /** 1 where calls name much of what was contacted, yet no offset makes the times agree: chance, not cause. */
  readonly contradicted: Uint8Array
  readonly notes: readonly string[]
}

/** That events merely follow calls asks for more: calls that follow each other at a beat would do the same. */
const timedLogOdds = 9
const timedGapUs = 1_000_000

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
  const windows = windowed(events, domains.length)
  const ties = tieClocks(events, keys, domains, networks, eventCount, windows)
  const isTrusted = (clock: number) => trusted.includes(clock)
  let agentZoneUs: number | undefined
  for (const tie of ties) {
    const uptime = tie.members.every((m) => domains[m.clock]!.zone === 'uptime')
    const anchorsOf = (clock: number, byUs: number) =>
      shifted(contentAnchors(events, calls, keys, names, targets, clock, isTrusted, uptime), byUs)
    const zone = uptime
      ? 'uptime'
      : zoneOpen || tie.members.every((m) => domains[m.clock]!.zone !== 'utc')
        ? 'naive'
        : 'utc'
    const met = meeting(events, calls, new Set(tie.members.map((m) => m.clock)), isTrusted)
    const expected = { zone, apart: met.apart } as const
    const allowed = (us: number) => uptime || nearZone(us)
    const all = joined(tie.members.map((m) => anchorsOf(m.clock, m.aheadUs)))
    const bounded = tie.members.every((m) => windows[m.clock] === 1)
    let anchors = bounded ? all : sharpOf(all, events)
    let proof = weigh(anchors, allowed, expected)
    if (!proof?.proven && !bounded) proof = weighBlocks(anchors, allowed, expected) ?? proof
    let by = 'names and addresses that calls mention'
    if (!proof?.proven && !bounded) {
      // Names that do not prove an offset may still say in which zone it is to be sought.
      const aroundUs = proof?.likely === true && !uptime ? zoneOf(proof.peak.offsetUs) : 0
      const seen = joined(
        tie.members.map((m) =>
          shifted(timeAnchors(events, calls, keys, m.clock, isTrusted, aroundUs), m.aheadUs),
        ),
      )
      const timed = joined([anchors, unnamed(sharpOf(seen, events), anchors)])
      const other = weigh(
        timed,
        (us) => Math.abs(us - aroundUs) <= nearUs,
        expected,
        timedLogOdds,
        timedGapUs,
      )
      if (other?.proven) {
        proof = other
        anchors = timed
        by = 'timing alone'
      }
    }
    const peak = bounded ? findPeak(all, allowed) : proof?.peak
    const likely = proof?.likely === true
    const ok = bounded ? peak !== undefined && convincing(peak) : proof?.proven === true
    // The part of the offset that is a zone belongs to the side that does not know its zone.
    if (zoneOpen && agentZoneUs === undefined && tie.members.some((m) => domains[m.clock]!.zone === 'utc')) {
      if (peak && (ok || likely)) {
        const zoneUs = zoneOf(peak.offsetUs)
        agentZoneUs = Math.abs(peak.offsetUs - zoneUs) <= nearUs ? -zoneUs : 0
      } else if (met.apart) agentZoneUs = -met.zoneUs
    }
    const stampUs = median(Array.from(anchors.effect, (e) => events.spanUs[e]!))
    for (const m of tie.members) {
      const settled = settle(
        domains[m.clock]!,
        peak,
        { ok, likely, zoneUs: uptime ? 0 : met.zoneUs },
        anchors,
        m,
        by,
        allowed,
        agentZoneUs ?? 0,
        stampUs,
      )
      state[m.clock] = bounded && peak && ok ? withinBounds(anchors, peak, m, agentZoneUs ?? 0) : settled
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
    const proof = weigh(anchors, nearZone, { zone: domains[k]!.zone, apart: false })
    const peak = proof?.peak
    const ok = peak !== undefined && proof?.proven === true
    if (trusted.includes(k)) {
      if (!ok || Math.abs(peak.offsetUs) < Math.max(1e6, 6 * peak.sdUs)) continue
    }
    state[k] = ok
      ? {
          pieces: [{ fromUs: 0, offsetUs: -peak.offsetUs, drift: 0 }],
          sdUs: peak.sdUs,
          z: peak.z,
          aligned: true,
          note: `${agreement(peak)}, by names and addresses that its calls mention`,
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
    pieces: state.map(({ pieces }) => pieces),
    sdUs: Float64Array.from(state, (s) => s.doubtUs ?? s.sdUs),
    aligned: Uint8Array.from(state, (s) => (s.aligned ? 1 : 0)),
    contradicted: Uint8Array.from(state, (s) => (s.contradicted ? 1 : 0)),
    notes,
  }
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

function zoneText(us: number): string {
  return `${span(Math.abs(us))} ${us > 0 ? 'ahead' : 'behind'}`
}

function tally(clock: Uint16Array, n: number): Float64Array {
  const out = new Float64Array(n)
  for (const c of clock) if (c < n) out[c]!++
  return out
}
