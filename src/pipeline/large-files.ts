// The two files with a line for every event and every call.

import { join } from 'node:path'
import { type AttributionResult, tiers } from '../attribution/api.ts'
import type { AttributionLine } from '../schema/summary.ts'
import type { Case } from './case.ts'
import { verdictOf } from './case-lines.ts'
import { caseTexts } from './case-texts.ts'
import { LineWriter } from './line-writer.ts'
import type { Progress } from './progress.ts'
import type { Redact } from './redact.ts'
import { orderByTime } from './seen.ts'

/** How many events have each verdict, and how many were attributed by identity. */
export type LineCounts = Record<AttributionLine['verdict'] | 'byIdentity', number>

const identityTier = tiers.indexOf('identity')

/** Writes `attributions.jsonl` of the events in `eventOrder`, and `toolcalls.jsonl` of all calls by their start. */
export function writeLargeFiles(
  out: string,
  theCase: Case,
  result: AttributionResult,
  eventOrder: Uint32Array,
  redact: Redact,
  progress: Progress,
): LineCounts {
  const counts = { attributed: 0, likely: 0, 'not-attributable': 0, byIdentity: 0 }
  progress.begin('writing', eventOrder.length + theCase.merged.calls.n, 'rows')
  const attributions = new LineWriter(join(out, 'attributions.jsonl'))
  const texts = caseTexts(theCase, result, redact)
  for (const i of eventOrder) {
    counts[verdictOf(result, i)]++
    if (result.tier[i] === identityTier) counts.byIdentity++
    attributions.write(texts.attribution(i))
    progress.advance(1)
  }
  attributions.close()
  const calls = new LineWriter(join(out, 'toolcalls.jsonl'))
  for (const j of orderByTime(result.callStartUs)) {
    calls.write(texts.toolCall(j))
    progress.advance(1)
  }
  calls.close()
  progress.end()
  return counts
}
