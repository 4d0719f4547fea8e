// A fitted model told in words instead of indexes, so that it can be used where rows, groups and texts have other
// numbers: on what arrives after the fit.

import type { AttributionCase, ClockEstimate } from './api.ts'
import { offsetIn, type Piece } from './clock-pieces.ts'
import { priorSdUs } from './clock-settle.ts'
import type { Clocks } from './clocks.ts'
import { binCount } from './intensity.ts'
import type { Keys } from './keys.ts'
import type { Model, Scene } from './model.ts'
import { priors } from './prior-model.ts'
import type { Units } from './sessions.ts'

export interface CarriedClock {
  readonly family: string
  readonly side: 'network' | 'agent'
  readonly pieces: readonly Piece[]
  readonly sdUs: number
  readonly aligned: boolean
  readonly contradicted: boolean
  /** What was found of it, in words and numbers. */
  readonly estimate: ClockEstimate
}

/** Plain data: it can be handed to another thread. */
export interface CarriedFit {
  /** By the domain's name. */
  readonly clocks: ReadonlyMap<string, CarriedClock>
  /** Events per second of a call by bin, by `Scene.classKey`. */
  readonly classes: ReadonlyMap<number, Float64Array>
  readonly levels: Float64Array
  /** By destination: its share of what calls and of what none of them contacts. */
  readonly marks: ReadonlyMap<string, readonly [call: number, none: number]>
  readonly unseenMark: number
  /** Events per second without a call, by group. */
  readonly background: ReadonlyMap<string, number>
  /** The same for one box of a group that was not seen. */
  readonly perBox: number
  readonly sessions: ReadonlyMap<string, number>
  readonly unseenSession: number
  readonly fromControls: boolean
  /** From which model probability "attributed" may be said (`Calibration.claimAt`). */
  readonly claimAt: number
}

interface Fitted {
  readonly input: AttributionCase
  readonly clocks: Clocks
  readonly keys: Keys
  readonly units: Units
  readonly scene: Scene
  readonly model: Model
  readonly claimAt: number
}

export function carryFit({ input, clocks, keys, units, scene, model, claimAt }: Fitted): CarriedFit {
  const groupNames = groupNamer(keys)
  const marks = new Map<string, readonly [number, number]>()
  scene.markText.forEach((text, m) => {
    marks.set(input.texts[text] ?? '', [model.piCall[m]!, model.piNone[m]!])
  })
  let used = 0
  const sessions = new Map<string, number>()
  let found = 0
  for (let u = 0; u < units.n; u++) {
    if (units.group[u]! >= 0) used++
    const session = scene.session[u]!
    if (session < 0) continue
    const key = sessionName(input.texts, units, groupNames, u)
    if (!sessions.has(key)) found += model.nu[session]!
    sessions.set(key, model.nu[session]!)
  }
  const background = new Map<string, number>()
  let events = 0
  let boxes = 0
  keys.groups.forEach((group, g) => {
    events += model.mu[g]!
    boxes += group.boxes.length
    const name = groupNames(g)
    const before = background.get(name)
    background.set(name, before === undefined ? model.mu[g]! : (before + model.mu[g]!) / 2)
  })
  return {
    clocks: new Map(
      input.clocks.map(({ name, family, side }, c) => [
        name,
        {
          family,
          side,
          pieces: [...clocks.pieces[c]!],
          sdUs: clocks.sdUs[c]!,
          aligned: clocks.aligned[c] === 1,
          contradicted: clocks.contradicted[c] === 1,
          estimate: clocks.estimates[c]!,
        },
      ]),
    ),
    classes: new Map(scene.classKey.map((key, c) => [key, model.h.slice(c * binCount, (c + 1) * binCount)])),
    levels: model.g.slice(),
    marks,
    unseenMark: 1.5 / (used + 0.5 * scene.markCount + 1),
    background,
    perBox: boxes > 0 ? events / boxes : 1e-3,
    sessions,
    unseenSession: sessions.size > 0 ? found / sessions.size : 1 / 600,
    fromControls: model.fromControls,
    claimAt,
  }
}

/** The model for another scene: what the fit has not seen takes the place of its like. */
export function modelFor(
  fit: CarriedFit,
  texts: readonly string[],
  keys: Keys,
  units: Units,
  scene: Scene,
): Model {
  const prior = priors()
  const h = new Float64Array(scene.classCount * binCount)
  scene.classKey.forEach((key, c) => {
    h.set(fit.classes.get(key) ?? likeClass(fit, key) ?? prior.h[scene.classLeaves[c]!]!, c * binCount)
  })
  const piCall = new Float64Array(scene.markCount)
  const piNone = new Float64Array(scene.markCount)
  scene.markText.forEach((text, m) => {
    const known = fit.marks.get(texts[text] ?? '')
    piCall[m] = known?.[0] ?? fit.unseenMark
    piNone[m] = known?.[1] ?? fit.unseenMark
  })
  const groupNames = groupNamer(keys)
  const mu = Float64Array.from(
    keys.groups,
    (group, g) => fit.background.get(groupNames(g)) ?? fit.perBox * group.boxes.length,
  )
  const nu = new Float64Array(scene.sessionCount)
  for (let u = 0; u < units.n; u++) {
    const session = scene.session[u]!
    if (session >= 0 && nu[session] === 0)
      nu[session] = fit.sessions.get(sessionName(texts, units, groupNames, u)) ?? fit.unseenSession
  }
  return {
    h,
    g: fit.levels,
    piCall,
    piNone,
    mu,
    nu,
    logLikelihood: Number.NEGATIVE_INFINITY,
    iterations: 0,
    fromControls: fit.fromControls,
  }
}

/** Calls of the same kind that differ in whether they name something. */
function likeClass(fit: CarriedFit, key: number): Float64Array | undefined {
  return fit.classes.get(key ^ 2)
}

/** The clocks of another case by those of the fit; an unknown one takes after its family, else it is taken as it is. */
export function clocksFor(fit: CarriedFit, domains: AttributionCase['clocks']): CarriedClock[] {
  return domains.map(({ name, family, side, zone }) => {
    const known = fit.clocks.get(name)
    if (known) return known
    for (const kin of fit.clocks.values()) {
      if (kin.family === family && kin.side === side)
        return { ...kin, aligned: kin.aligned && side === 'agent' }
    }
    return {
      family,
      side,
      pieces: [{ fromUs: 0, offsetUs: 0, drift: 0 }],
      sdUs: side === 'agent' && zone === 'utc' ? 1000 : priorSdUs[zone],
      aligned: side === 'agent' && zone === 'utc',
      contradicted: false,
      estimate: {
        ...{ domain: name, offsetMs: 0, driftPpm: 0, sdMs: priorSdUs[zone] / 1000, z: 0, aligned: false },
        note: 'not compared yet; taken as it is',
      },
    }
  })
}

/** The same as `alignClocks` gives, where nothing is to be aligned anew. */
export function clocksAsBefore(fit: CarriedFit, domains: AttributionCase['clocks']): Clocks {
  const known = clocksFor(fit, domains)
  return {
    estimates: known.map(({ estimate }, c) => ({ ...estimate, domain: domains[c]!.name })),
    offset: (clock, us) => offsetIn(known[clock]?.pieces ?? [], us),
    pieces: known.map(({ pieces }) => pieces),
    sdUs: Float64Array.from(known, ({ sdUs }) => sdUs),
    aligned: Uint8Array.from(known, ({ aligned }) => (aligned ? 1 : 0)),
    contradicted: Uint8Array.from(known, ({ contradicted }) => (contradicted ? 1 : 0)),
    notes: [],
  }
}

/** A group by the names of its members; traces that name no box belong to every group and tell none apart. */
function groupNamer(keys: Keys): (g: number) => string {
  const names = new Map<number, string>()
  return (g) => {
    const known = names.get(g)
    if (known !== undefined || g < 0) return known ?? ''
    const { boxes, weight } = keys.groups[g]!
    let name = ''
    boxes.forEach((b, k) => {
      if (weight[k] === 1 && keys.assumedBox[b] !== 1) name += `${keys.boxes[b]}\n`
    })
    names.set(g, name)
    return name
  }
}

function sessionName(
  texts: readonly string[],
  units: Units,
  groupName: (g: number) => string,
  u: number,
): string {
  const port = units.dstPort[u]! * 2 + units.isDns[u]!
  return `${texts[units.mark[u]!] ?? ''} ${port} ${groupName(units.group[u]!)}`
}
