// Why a call is thought to have caused an event, in lines whose log-odds add up to the odds that are reported.

import type { AttributionCase, Evidence } from './api.ts'
import type { Model, Scene, Scorer } from './fit.ts'
import { type Keys, reaches, reachSources } from './keys.ts'
import type { Units } from './sessions.ts'
import { matchLevels, type TargetIndex } from './targets.ts'

const clampLog = 14

export interface ExplainInput {
  readonly input: AttributionCase
  readonly scene: Scene
  readonly model: Model
  readonly scores: Scorer
  readonly units: Units
  readonly keys: Keys
  readonly targets: TargetIndex
  /** Given index of each canonical event or call, for texts that speak of them. */
  readonly naming: (text: number) => number
  readonly identity: (unit: number) => boolean
}

/**
 * Evidence for one call having caused one unit. `p` and `none` are the reported probabilities; `share` tells how
 * much of p came down from an earlier connection. The lines' log-odds sum to ln(p / none), cut at ±14.
 */
export function explainCandidate(
  x: ExplainInput,
  unit: number,
  call: number,
  p: number,
  none: number,
  inherited: number,
  onsetUs: number,
): Evidence[] {
  const total = clamp(Math.log(Math.max(p, 1e-9) / Math.max(none, 1e-9)))
  if (x.identity(unit)) {
    return [
      { kind: 'identity', logOdds: round(total), text: 'a record made outside the sandbox names this call' },
    ]
  }
  const out: Evidence[] = []
  const { scene } = x
  const rates = x.scores.rates(unit)
  const first = scene.candidates.start[unit]!
  let at = -1
  for (let k = 0; k < rates.size; k++) if (scene.candidates.call[first + k] === call) at = k
  if (at >= 0 && rates.base[at]! + rates.named[at]! > 0 && rates.background > 0) {
    const level = scene.candidates.level[first + at]!
    const pi = x.model.piCall[scene.mark[unit]!]! / x.model.piNone[scene.mark[unit]!]!
    // Where timing alone allows nothing, the name is not worth the infinity that it would take to make up for that.
    const base = Math.max(rates.base[at]!, 1e-3 * rates.named[at]!)
    const time = Math.log(Math.max(base, 1e-30) / rates.background / pi)
    const habit = Math.log(pi)
    out.push({ kind: 'time', logOdds: time, text: timeText(x, unit, call) })
    if (Math.abs(habit) >= 0.1) {
      const who = habit > 0 ? 'mostly when calls run' : 'also when no call runs'
      out.push({ kind: 'rarity', logOdds: habit, text: `${markText(x, unit)} is contacted ${who}` })
    }
    if (level > 0) {
      const gain = Math.log((rates.base[at]! + rates.named[at]!) / Math.max(base, 1e-30))
      out.push({ kind: kindOf(x, unit, level), logOdds: gain, text: matchText(x, unit, level) })
    }
  } else if (at < 0) {
    out.push({ kind: 'time', logOdds: -2, text: 'the call was not running when this connection was opened' })
  }
  const key = keyEvidence(x, unit)
  if (key) out.push(key)
  if (inherited > 0.5 * p && p > 0) {
    out.push({
      kind: 'session',
      logOdds: 0,
      text: `goes on from the connection to the same place first seen at ${clock(onsetUs)}, which this call began`,
    })
  }
  return balanced(out, total, rates.size)
}

/** Adds what other candidates, the session and calibration do to the odds, so that the lines sum to `total`. */
function balanced(lines: Evidence[], total: number, rivals: number): Evidence[] {
  const sum = lines.reduce((s, e) => s + e.logOdds, 0)
  const gap = total - sum
  const session = lines.find((e) => e.kind === 'session')
  const out = lines.map((e) => (e === session ? { ...e, logOdds: gap } : e))
  if (!session && Math.abs(gap) >= 0.05) {
    const text =
      rivals > 1
        ? `after weighing ${rivals - 1} other call${rivals === 2 ? '' : 's'} and the limits of the clocks and the data`
        : 'after allowing for the limits of the clocks and the data'
    out.push({ kind: 'caution', logOdds: gap, text })
  }
  return out.map((e) => ({ ...e, logOdds: round(e.logOdds) }))
}

function timeText(x: ExplainInput, unit: number, call: number): string {
  const { scene } = x
  const t = scene.from[unit]!
  const width = scene.to[unit]! - t
  const s = scene.callStart[call]!
  const e = scene.callEnd[call]!
  if (width > 2_000_000) {
    const overlap = Math.min(scene.to[unit]!, e) - Math.max(t, s)
    return overlap > 0
      ? `the call ran during ${span(overlap)} of the ${span(width)} in which it was opened`
      : `it was opened in a window of ${span(width)} around the call`
  }
  if (t < s) return `${span(s - t)} before the call started, as far as the clocks can tell`
  if (t <= e) return `${span(t - s)} after the call started, while it ran`
  return `${span(t - e)} after the call had ended`
}

function kindOf(x: ExplainInput, unit: number, level: number): string {
  const name = matchLevels[level]!
  if (name === 'literal') return x.units.name[unit] !== 0 ? 'name' : 'address'
  if (name === 'decoded' || name === 'parent') return 'name'
  return name
}

function matchText(x: ExplainInput, unit: number, level: number): string {
  const calls = x.input.calls.n
  const what = markText(x, unit)
  const naming = Math.max(x.naming(x.units.name[unit]!), x.naming(x.units.dstIp[unit]!))
  const rare = naming > 0 ? ` (${naming <= 3 ? 'rare: ' : ''}named by ${naming} of ${calls} calls)` : ''
  const port = x.units.dstPort[unit]
  switch (matchLevels[level]) {
    case 'literal':
      return `${what} stands in the command${rare}`
    case 'decoded':
      return `${what} stands in the command, once decoded${rare}`
    case 'script':
      return `${what} stands in a script the call runs${rare}`
    case 'tool-map':
      return `the tool the command runs goes to ${what}${rare}`
    case 'parent':
      return `the command names what ${what} is part of, or another port of it`
    case 'output':
      return `${what} stands in what the tool answered${rare}`
    default:
      return `port ${port} stands in the command`
  }
}

function keyEvidence(x: ExplainInput, unit: number): Evidence | undefined {
  const reach = reaches[x.units.reach[unit]!]!
  const source = reachSources[x.units.source[unit]!]!
  const group = x.units.group[unit]!
  const size = group < 0 ? 0 : x.keys.groups[group]!.boxes.length
  const say = (text: string): Evidence => ({ kind: 'box', logOdds: 0, text })
  if (reach === 'exact') {
    if (source === 'learned')
      return say('what this trace names is what this address contacted, at the same times')
    if (source === 'nat-record') return say('a NAT record ties the connection to this box alone')
    if (source === 'nat-port') return say('the NAT port belongs to this box alone')
    if (source === 'record') return say('the record itself names this box')
    return say('the address belongs to this box alone')
  }
  if (reach === 'shared') return say(`same NAT address only: ${size} boxes share it`)
  if (reach === 'any' && size > 1) return say('nothing ties the address to a box')
  return undefined
}

function markText(x: ExplainInput, unit: number): string {
  const texts = x.input.texts
  const name = texts[x.units.name[unit]!] ?? ''
  return name !== '' ? `the name ${name}` : `the address ${texts[x.units.dstIp[unit]!] || '(unknown)'}`
}

/** A duration in words: 340 ms, 1.2 s, 3 min, 2.1 h. */
export function span(us: number): string {
  if (us < 1e6) return `${Math.max(0, Math.round(us / 1e3))} ms`
  if (us < 120e6) return `${(us / 1e6).toFixed(1)} s`
  if (us < 7200e6) return `${Math.round(us / 60e6)} min`
  return `${(us / 3600e6).toFixed(1)} h`
}

function clock(us: number): string {
  return Number.isFinite(us) ? `${new Date(us / 1000).toISOString().slice(11, 19)} UTC` : 'an unknown time'
}

function clamp(value: number): number {
  return Math.max(-clampLog, Math.min(clampLog, value))
}

function round(value: number): number {
  return Math.round(value * 100) / 100 + 0
}
