// What was missing and what would help, in sentences a reader can act on.

import { type AttributionCase, attributionDefaults } from './api.ts'
import type { Calibration } from './calibrate.ts'
import type { Scene } from './fit.ts'
import { type Keys, reaches } from './keys.ts'
import type { Units } from './sessions.ts'
import type { CallWindows } from './windows.ts'

export function plainNotes(
  input: AttributionCase,
  keys: Keys,
  units: Units,
  windows: CallWindows,
  scene: Scene,
  calibration: Calibration,
  controlled: boolean,
): string[] {
  const notes: string[] = []
  const { calls, events } = input
  if (calls.n === 0) notes.push('There are no tool calls: nothing can be attributed. Add the agents’ traces.')
  if (events.n === 0)
    notes.push('There are no network events: nothing is to be explained. Add firewall, flow or DNS logs.')
  if (calls.n === 0 || events.n === 0) return notes
  if (apart(scene, windows)) {
    notes.push(
      'Logs and traces do not overlap in time: either they are of different runs or a clock is off by more than a zone (see --tz).',
    )
  }
  const count = new Float64Array(reaches.length)
  for (let u = 0; u < units.n; u++) count[units.reach[u]!]!++
  const of = (reach: (typeof reaches)[number]) => count[reaches.indexOf(reach)]!
  const share = (n: number) => `${n} of ${units.n} connections`
  if (input.topology.length === 0) {
    notes.push(
      'There is no topology, so any call may have caused any event: say with --topology which sandbox had which address.',
    )
  } else if (of('any') > 0) {
    notes.push(`${share(of('any'))} come from addresses that the topology does not list.`)
  }
  if (of('shared') > 0) {
    notes.push(
      `${share(of('shared'))} show only an address that several sandboxes share; a NAT or conntrack log would say which.`,
    )
  }
  if (of('host') + of('unassigned') > 0) {
    notes.push(
      `${share(of('host') + of('unassigned'))} come from addresses that no sandbox held at that time.`,
    )
  }
  const crowded = of('shared') + of('any') > 0.3 * units.n
  if (crowded && !controlled) {
    notes.push(
      'No window is known in which no agent ran; where addresses are shared the background is then only guessed (--control START/END).',
    )
  }
  let assumed = 0
  let uncertain = 0
  for (let j = 0; j < calls.n; j++) {
    if (keys.assumedBox[keys.callBox[j]!] === 1) assumed++
    if (calls.uncertaintyUs[j]! > 5e6) uncertain++
  }
  const ofCalls = (n: number) => `${n} of ${calls.n} calls`
  if (assumed > 0 && input.topology.length > 0)
    notes.push(`${ofCalls(assumed)} do not say in which sandbox they ran.`)
  if (windows.withoutEnd > 0) {
    notes.push(
      `${ofCalls(windows.withoutEnd)} are without an end; they are taken to last until the next call of their episode, ten minutes at most.`,
    )
  }
  if (windows.turnedRound > 0)
    notes.push(`${ofCalls(windows.turnedRound)} end before they start and are taken as instants.`)
  if (windows.withoutTime > 0)
    notes.push(`${ofCalls(windows.withoutTime)} have no time at all and cause nothing here.`)
  if (uncertain > 0) notes.push(`${ofCalls(uncertain)} are known only to several seconds or worse.`)
  if (!calibration.calibrated) {
    notes.push(
      units.n < attributionDefaults.calibrationMin
        ? `With ${units.n} connections the probabilities are not calibrated (that needs ${attributionDefaults.calibrationMin}); they are kept careful.`
        : 'The probabilities are not calibrated, because decoys could not be made or a clock is in doubt; they are kept careful.',
    )
  }
  if (calibration.claimAt > 1) {
    notes.push(
      'Events moved away from their causes were still blamed on calls too often, so nothing here is called attributed.',
    )
  }
  return notes
}

function apart(scene: Scene, windows: CallWindows): boolean {
  for (let j = 0; j < windows.start.length; j++) {
    const until = windows.until[j]! + windows.slack[j]! + 600e6
    if (windows.start[j]! - windows.slack[j]! <= scene.coverTo && until >= scene.coverFrom) return false
  }
  return true
}
