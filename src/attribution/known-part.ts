// Of how many alarms is enough known to say who caused them? Calls must be recorded of the time they fall into, and of
// the sandboxes they may come from. What is not recorded speaks for nobody.

import { reaches } from './keys.ts'
import type { Scene } from './model.ts'
import type { TestInput } from './shifts.ts'

/** An event this far from every call, µs, falls into a time of which no trace tells. */
const nearUs = 600e6
/** A call is taken to be near for a week at most. */
const slotsMax = 1008

export interface KnownPart {
  /** Share of what may come from sandboxes for which calls are known, 0 … 1. */
  readonly share: number
  /** Whether it is known of practically everything, addresses that no topology lists included. */
  readonly complete: boolean
  /** What is missing most, as half a sentence; '' where nothing is. */
  readonly missing: string
}

/** How much is known of the units in `list`. */
export function knownPart(x: TestInput, list: readonly number[]): KnownPart {
  const { scene, units } = x
  const traced = new Set<number>()
  for (let j = 0; j < scene.callStart.length; j++) {
    if (Number.isFinite(scene.callStart[j]!)) traced.add(scene.callBox[j]!)
  }
  const watched = watchedTimes(scene)
  const places = tracedPlaces(x, traced)
  let [asked, known, inbound, nowhere, timeless, bare] = [0, 0, 0, 0, 0, 0]
  const groups = new Set<number>()
  for (const u of list) {
    const reach = reaches[units.reach[u]!]!
    if (reach === 'host' || reach === 'unassigned') {
      nowhere++
      continue
    }
    asked++
    // Begun by somebody else, whatever calls there were.
    if (reach === 'inbound') inbound++
    else if (!watched(scene.from[u]!)) timeless++
    else {
      const g = scene.group[u]!
      const part = g < 0 ? 0 : places(g)
      known += part
      bare += 1 - part
      if (g >= 0) groups.add(g)
    }
  }
  const percent = (n: number) => `${Math.round((100 * n) / Math.max(1, list.length))} %`
  const boxes = new Set<number>()
  for (const g of groups) for (const b of scene.groups[g]!.boxes) if (x.sandboxes[b] === 1) boxes.add(b)
  const tracedHere = [...boxes].filter((b) => traced.has(b)).length
  const missing =
    timeless > 0 && timeless >= bare
      ? timeless === asked - inbound
        ? 'logs and traces do not overlap in time'
        : `${percent(timeless)} of the events lie more than ten minutes from any recorded call; supply the traces of that time`
      : bare > 0
        ? `calls are recorded of ${tracedHere} of the ${boxes.size} sandboxes that these events come from; supply the traces of the others`
        : nowhere > 0
          ? `${percent(nowhere)} of the events come from addresses of which no sandbox is known`
          : ''
  const all = (inbound + known) / Math.max(1, asked + nowhere)
  return {
    share: asked === 0 ? 0 : (inbound + known) / asked,
    complete: x.topologyGiven && all >= 0.95,
    missing,
  }
}

/** Whether some call ran within ten minutes or so of a time, or none is known to have run. */
function watchedTimes({ callStart, callEnd, callSlack, controls }: Scene): (us: number) => boolean {
  const busy = new Set<number>()
  for (let j = 0; j < callStart.length; j++) {
    if (!Number.isFinite(callStart[j]!)) continue
    const first = Math.floor((callStart[j]! - callSlack[j]!) / nearUs)
    const last = Math.floor((callEnd[j]! + callSlack[j]!) / nearUs)
    for (let slot = first; slot <= Math.min(last, first + slotsMax); slot++) busy.add(slot)
  }
  return (us) => {
    const slot = Math.floor(us / nearUs)
    if (busy.has(slot) || busy.has(slot - 1) || busy.has(slot + 1)) return true
    return controls.some(({ fromUs, toUs }) => us >= fromUs && us < toUs)
  }
}

/** By group: for which share of the sandboxes that it may stand for calls are recorded. */
function tracedPlaces(x: TestInput, traced: ReadonlySet<number>): (group: number) => number {
  const { scene } = x
  const known = new Map<number, number>()
  // A trace that does not say where it ran may be of any sandbox without one.
  let homeless = 0
  for (const b of traced) if (x.assumedBox[b] === 1) homeless++
  let without = 0
  x.sandboxes.forEach((is, b) => {
    if (is === 1 && !traced.has(b)) without++
  })
  return (group) => {
    let part = known.get(group)
    if (part === undefined) {
      const { boxes, weight } = scene.groups[group]!
      let [of, have] = [0, 0]
      boxes.forEach((b, k) => {
        if (weight[k] !== 1) return
        if (x.sandboxes[b] === 1) of++
        if (traced.has(b)) have++
      })
      const lack = Math.max(0, of - have)
      part =
        of === 0 ? 1 : Math.min(1, (have + (lack * Math.min(without, homeless)) / Math.max(1, without)) / of)
      known.set(group, part)
    }
    return part
  }
}
