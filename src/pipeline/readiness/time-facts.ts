// Whether logs and traces tell of the same time, and where one of them is silent while the other goes on.

import type { AttributionResult } from '../../attribution/api.ts'
import type { TimeFacts } from './api.ts'

const slotUs = 600e6
/** A call is taken to run for a week at most. */
const slotsMax = 1_008

/** Undefined when logs or traces are missing. */
export function timeFacts({ eventUs, callStartUs, callEndUs }: AttributionResult): TimeFacts | undefined {
  const busy = new Set<number>()
  const heard = new Set<number>()
  const log = { fromUs: Number.POSITIVE_INFINITY, toUs: Number.NEGATIVE_INFINITY }
  const calls = { fromUs: Number.POSITIVE_INFINITY, toUs: Number.NEGATIVE_INFINITY }
  let events = 0
  for (const us of eventUs) {
    if (!Number.isFinite(us)) continue
    events++
    heard.add(Math.floor(us / slotUs))
    if (us < log.fromUs) log.fromUs = us
    if (us > log.toUs) log.toUs = us
  }
  let begun = 0
  for (let j = 0; j < callStartUs.length; j++) {
    const [start, end] = [callStartUs[j]!, callEndUs[j]!]
    if (!Number.isFinite(start)) continue
    begun++
    const first = Math.floor(start / slotUs)
    const last = Math.floor((Number.isFinite(end) ? end : start) / slotUs)
    for (let slot = first; slot <= Math.min(last, first + slotsMax); slot++) busy.add(slot)
    if (start < calls.fromUs) calls.fromUs = start
    if (Math.max(start, end) > calls.toUs) calls.toUs = Math.max(start, end)
  }
  if (events === 0 || begun === 0) return undefined
  const near = (slots: ReadonlySet<number>, slot: number) =>
    slots.has(slot) || slots.has(slot - 1) || slots.has(slot + 1)
  let unheard = 0
  for (const us of callStartUs) if (Number.isFinite(us) && !near(heard, Math.floor(us / slotUs))) unheard++
  let untold = 0
  for (const us of eventUs) if (Number.isFinite(us) && !near(busy, Math.floor(us / slotUs))) untold++
  return {
    ...{ log, calls, untoldShare: untold / events, unheardShare: unheard / begun },
    silence: longestSilence(
      [...busy].sort((a, b) => a - b),
      heard,
    ),
  }
}

/** The longest time in which calls ran and no log wrote anything; undefined below half an hour. */
function longestSilence(busy: readonly number[], heard: ReadonlySet<number>): TimeFacts['silence'] {
  let best: { from: number; to: number } | undefined
  let from: number | undefined
  let last = Number.NEGATIVE_INFINITY
  for (const slot of busy) {
    const silent = !heard.has(slot)
    if (silent && (from === undefined || slot !== last + 1)) from = slot
    if (!silent) from = undefined
    last = slot
    if (from !== undefined && (!best || slot - from > best.to - best.from)) best = { from, to: slot }
  }
  if (!best || best.to - best.from < 2) return undefined
  return { fromUs: best.from * slotUs, toUs: (best.to + 1) * slotUs }
}
