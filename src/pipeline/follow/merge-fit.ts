// Puts what a fit has found in place of what was known: of calls their boxes and ends, of events those answers that differ.

import { callFlags } from '../../attribution/api.ts'
import type { FitResult } from './fit-job.ts'
import { changes, type Finding, verdictAt } from './verdicts.ts'
import { unanswered, type Window } from './window.ts'

/** After so many events others have their turn. */
const sliceEvents = 20_000

/** Answers that are new or differ, in slices; rows in `since` were answered with what came after the fit had begun. */
export async function* mergeFit(
  window: Window,
  fit: FitResult,
  since: ReadonlySet<number>,
): AsyncGenerator<Finding[]> {
  const ids = new Map<number, number>()
  const text = (id: number) => {
    let known = ids.get(id)
    if (known === undefined) {
      known = window.texts.id(fit.texts[id])
      ids.set(id, known)
    }
    return known
  }
  mergeCalls(window, fit, text)
  let findings: Finding[] = []
  for (let k = 0; k < fit.event.length; k++) {
    if (k % sliceEvents === sliceEvents - 1) {
      yield findings
      findings = []
      await new Promise((resolve) => setImmediate(resolve))
    }
    const row = fit.event[k]!
    const place = row < 0 ? undefined : window.eventPlace(row)
    if (!place) continue
    const { said } = place.chunk
    const { i } = place
    if (since.has(row) && said.verdict[i] !== unanswered) continue
    const from = fit.candStart[k]!
    const to = fit.candStart[k + 1]!
    const p = to > from ? fit.candP[from]! : 0
    const call = to > from ? window.currentCall(fit.candCall[from]!) : -1
    said.us[i] = fit.us[k]!
    const before = {
      verdict: said.verdict[i]!,
      call: window.currentCall(said.call[i]!),
      p: said.p[i]!,
    }
    const isNew = said.verdict[i] === unanswered
    if (!isNew && changes(before, { verdict: verdictAt(p), call, p }).length === 0) continue
    findings.push({
      row,
      calls: Array.from(fit.candCall.subarray(from, to), (one) => window.currentCall(one)),
      p: Array.from(fit.candP.subarray(from, to)),
      pNone: fit.pNone[k]!,
      tier: fit.tier[k]!,
      us: fit.us[k]!,
      box: text(fit.box[k]!),
      name: text(fit.name[k]!),
    })
  }
  yield findings
}

function mergeCalls(window: Window, fit: FitResult, text: (id: number) => number): void {
  for (let k = 0; k < fit.call.length; k++) {
    const row = fit.call[k]!
    const place = row < 0 ? undefined : window.callPlace(row)
    if (!place) continue
    const { calls } = place.chunk
    const { j } = place
    if (fit.callBox[k] !== 0) calls.box[j] = text(fit.callBox[k]!)
    if (fit.callEpisode[k] !== 0) calls.episode[j] = text(fit.callEpisode[k]!)
    if (Number.isNaN(calls.endUs[j]!)) calls.endUs[j] = fit.callEndUs[k]!
    calls.flags[j] = (calls.flags[j]! & ~callFlags.echo) | (fit.callFlags[k]! & callFlags.echo)
  }
}
