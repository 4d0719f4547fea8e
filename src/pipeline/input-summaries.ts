// What was read of each input: rows in = rows out + rejects, and what was passed over.

import { toIso } from '../base/time.ts'
import type { InputSummary } from '../schema/summary.ts'
import type { Case } from './case.ts'
import type { Imported } from './import-all.ts'
import type { LeftOut } from './inputs.ts'

/** What the summary says of every file that was given, read or not, by path. */
export function inputSummaries(
  imported: Imported,
  unreadable: readonly LeftOut[],
  theCase: Case,
): InputSummary[] {
  const { merged } = theCase
  const summaries: InputSummary[] = merged.files.map((file, f) => {
    const read = imported.files.find(({ path }) => path === file.path)!
    const events = merged.eventBase[f + 1]! - merged.eventBase[f]!
    const toolCalls = merged.callBase[f + 1]! - merged.callBase[f]!
    const boxes = file.parts.reduce((sum, part) => sum + part.boxes.length, 0)
    const episodes = file.parts.reduce((sum, part) => sum + part.episodes.length, 0)
    const rejected = file.parts.reduce((sum, part) => sum + part.rejected, 0)
    const skipped: Record<string, number> = {}
    for (const part of file.parts) for (const [why, n] of part.skipped) skipped[why] = (skipped[why] ?? 0) + n
    const times = timesOf(theCase, f)
    return {
      path: file.path,
      format: file.format,
      records: events + toolCalls + boxes + episodes + rejected,
      events,
      toolCalls,
      boxes,
      episodes,
      rejected,
      skipped,
      firstTime: times === undefined ? null : toIso(times[0]),
      lastTime: times === undefined ? null : toIso(times[1]),
      sha256: read.sha256,
      bytes: read.bytes,
      ...(read.note === undefined ? {} : { note: read.note }),
    }
  })
  const none = {
    records: 0,
    events: 0,
    toolCalls: 0,
    boxes: 0,
    episodes: 0,
    rejected: 0,
    skipped: {},
    firstTime: null,
    lastTime: null,
  }
  for (const { path, format, bytes, sha256, note } of imported.passed) {
    summaries.push({ path, format, ...none, sha256, bytes, note })
  }
  for (const { path, note } of unreadable) {
    summaries.push({
      path,
      format: 'unreadable',
      ...none,
      sha256: '',
      bytes: 0,
      note,
    })
  }
  return summaries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

/** First and last record on the source's own clock (year and zone settled). */
function timesOf({ merged }: Case, f: number): [number, number] | undefined {
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (let i = merged.eventBase[f]!; i < merged.eventBase[f + 1]!; i++) {
    first = Math.min(first, merged.events.fromUs[i]!)
    last = Math.max(last, merged.events.fromUs[i]!)
  }
  for (let j = merged.callBase[f]!; j < merged.callBase[f + 1]!; j++) {
    first = Math.min(first, merged.calls.startUs[j]!)
    last = Math.max(last, merged.calls.startUs[j]!)
  }
  return first <= last ? [first, last] : undefined
}
