// What was done about an incident of a recording: responses to its findings, and acts by people, from the journal itself.

import type { IncidentSummary } from '../../schema/summary.ts'
import { readJournal } from '../../store/read.ts'
import type { Source } from '../sources.ts'
import type { IncidentStoryAnswer } from '../wire/incidents.ts'

/** Acts told of one incident. */
const responsesMax = 200
/** Lines of a journal that are looked at for them: later ones of a longer recording are left out. */
const linesMax = 500_000

type Responses = IncidentStoryAnswer['responses']

export async function responsesOf(source: Source, incident: IncidentSummary): Promise<Responses> {
  if (source.kind !== 'recording') return []
  const responses: Responses = []
  let lines = 0
  try {
    for await (const line of readJournal(source.folder)) {
      if (++lines > linesMax || responses.length === responsesMax) break
      if (line.class === 'detection_finding' && line.responses) {
        for (const { do: act, ok, detail, tookMs } of line.responses) {
          const took = tookMs === undefined ? '' : ` (${tookMs} ms)`
          responses.push({
            time: line.time,
            do: act,
            ok,
            detail: `${detail ?? ''}${took}`,
            by: `finding ${line.finding.detection}`,
          })
        }
      } else if (line.class === 'api_activity' && line.time >= incident.firstSeen) {
        const { uid, user, via } = line.by
        responses.push({
          time: line.time,
          do: line.target === undefined ? line.operation : `${line.operation} ${line.target}`,
          ok: line.ok,
          detail: line.detail ?? '',
          by: `${user ?? (uid === undefined ? 'unknown' : `uid ${uid}`)} through ${via}`,
        })
      }
    }
  } catch {
    // A broken or half-written journal: `vigiles verify` says where; what holds up to there is told.
  }
  return responses
}
