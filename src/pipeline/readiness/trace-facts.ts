// What the traces of a case carry and lack, counted: by file, with the first line that shows each lack.

import { callFlags } from '../../attribution/api.ts'
import { timeSources } from '../batch-words.ts'
import type { Case } from '../case.ts'
import { count, type Tally, tally } from './log-facts.ts'

export interface TraceSource {
  readonly path: string
  readonly format: string
  readonly calls: number
  readonly withoutId: Tally
  readonly withoutEnd: Tally
  readonly withoutCommand: Tally
  readonly withoutBox: Tally
  readonly withoutEpisode: Tally
  readonly withoutStep: Tally
  /** Calls whose window is that of their turn, their episode or their file. */
  readonly shared: Tally
  readonly naive: Tally
}

export interface TraceFacts {
  readonly calls: number
  readonly sources: readonly TraceSource[]
  /** Calls that name what they reach, of those that can reach anything. */
  readonly naming: number
  readonly reaching: number
  readonly episodes: number
}

const windowsShared = [
  timeSources.indexOf('batch'),
  timeSources.indexOf('episode'),
  timeSources.indexOf('file'),
]
/** What stands in place of arguments that were left out on purpose. */
const redacted = /^["'{[\s]*(?:\[?<?(?:redacted|masked|hidden|removed|omitted)>?\]?|\*{3,}|…)["'}\]\s]*$/i

/** Undefined when no call was read. Calls that repeat others from another input are left out. */
export function traceFacts(theCase: Case): TraceFacts | undefined {
  const { merged, domains, callBox, echoOf, attribution } = theCase
  const { calls, files, callBase } = merged
  if (calls.n === 0) return undefined
  const sources: TraceSource[] = []
  let naming = 0
  let reaching = 0
  let all = 0
  const episodes = new Set<number>()
  for (const [f, { path, format }] of files.entries()) {
    const s = {
      ...{ path, format, calls: 0, withoutId: tally(), withoutEnd: tally(), withoutCommand: tally() },
      ...{ withoutBox: tally(), withoutEpisode: tally(), withoutStep: tally(), shared: tally() },
      naive: tally(),
    }
    for (let j = callBase[f]!; j < callBase[f + 1]!; j++) {
      if (echoOf[j]! >= 0) continue
      s.calls++
      const at = (t: Tally) => count(t, path, calls.line[j]!)
      if (merged.sourceId(j) === '') at(s.withoutId)
      if (Number.isNaN(calls.endUs[j]!)) at(s.withoutEnd)
      if (isMissing(merged.command(j))) at(s.withoutCommand)
      if (callBox[j] === 0) at(s.withoutBox)
      if (calls.episode[j] === 0) at(s.withoutEpisode)
      else episodes.add(calls.episode[j]!)
      if (calls.step[j] === -1) at(s.withoutStep)
      if (windowsShared.includes(calls.timeSource[j]!)) at(s.shared)
      if (domains.clocks[domains.callClock[j]!]?.zone === 'naive') at(s.naive)
      if ((attribution.calls.flags[j]! & callFlags.offline) !== 0) continue
      reaching++
      if (attribution.calls.targetsStart[j + 1]! > attribution.calls.targetsStart[j]!) naming++
    }
    all += s.calls
    if (s.calls > 0) sources.push(s)
  }
  sources.sort((a, b) => b.calls - a.calls || (a.path < b.path ? -1 : 1))
  return all === 0 ? undefined : { calls: all, sources, naming, reaching, episodes: episodes.size }
}

function isMissing(command: string): boolean {
  const text = command.length > 80 ? '' : command.trim()
  if (command.length > 80) return false
  return text === '' || text === '{}' || text === '[]' || text === 'null' || redacted.test(text)
}
