// What waits for a person, the most urgent first.

import { severities } from '../../schema/event.ts'
import type { WatchedRun } from '../live/watched-run.ts'
import type { AttentionItem, FoundThing } from '../wire/overview.ts'
import type { SourceRow } from '../wire/sources.ts'

const itemsMax = 50

export function attentionOf(
  runs: readonly WatchedRun[],
  found: readonly FoundThing[],
  rows: readonly SourceRow[],
  /** Whether somebody has said of an incident that it needs nobody any more. */
  isSettled: (source: string, uid: string) => boolean,
): AttentionItem[] {
  const items = [
    ...runs.flatMap(ofRun),
    ...found.flatMap((one) => ofFound(one, runs, isSettled)),
    ...rows.flatMap(ofRow),
  ]
  return items
    .sort((a, b) => rank(b) - rank(a) || (b.time ?? '').localeCompare(a.time ?? ''))
    .slice(0, itemsMax)
}

function rank({ severity, reason }: AttentionItem): number {
  return severities.indexOf(severity) * 2 + Number(reason === 'frozen')
}

function ofRun({ source, log, isLive, isRead, run }: WatchedRun): AttentionItem[] {
  const common = { source: source.id, sourceTitle: source.title, uid: null }
  const lastAct = (name: string) => log.acts.findLast(({ act, ok }) => ok && act === name)
  const items: AttentionItem[] = []
  const calls = [...log.frozenCalls].slice(0, 5)
  if (isLive && (log.frozen || calls.length > 0)) {
    const act = lastAct('freeze')
    items.push({
      ...common,
      reason: 'frozen',
      severity: 'critical',
      text: `${log.frozen ? source.title : `Call ${calls.join(', ')} of ${source.title}`} is frozen${act ? ` by ${act.by}` : ''} and waits.`,
      fix: 'Look at what was found, then thaw it or kill it.',
      time: act?.time ?? null,
    })
  }
  if (isLive && log.quarantined) {
    items.push({
      ...common,
      reason: 'quarantined',
      severity: 'high',
      text: `${source.title} is quarantined: nothing leaves it any more.`,
      fix: 'Release it, or kill it.',
      time: lastAct('quarantine')?.time ?? null,
    })
  }
  if (!isLive && isRead && log.lines > 0 && !log.sealed && run?.endedAt === undefined) {
    items.push({
      ...common,
      reason: 'unsealed',
      severity: 'low',
      text: `The recording of ${source.title} has no end: Vigiles was killed while it ran, or the disk was full.`,
      fix: `Check what there is of it: vigiles verify ${source.folder}`,
      time: log.lastTime ?? null,
    })
  }
  return items
}

function ofFound(
  found: FoundThing,
  runs: readonly WatchedRun[],
  isSettled: (source: string, uid: string) => boolean,
): AttentionItem[] {
  if (found.severity !== 'critical' && found.severity !== 'high') return []
  const common = {
    source: found.source,
    sourceTitle: found.sourceTitle,
    severity: found.severity,
    uid: found.uid,
    time: found.time,
  }
  if (found.kind === 'incident') {
    if (!found.ongoing || isSettled(found.source, found.uid)) return []
    return [{ ...common, reason: 'ongoing', text: found.title, fix: 'It had not ended when the logs did.' }]
  }
  const run = runs.find(({ source }) => source.id === found.source)
  if (!run?.isLive || found.responses.some(({ ok }) => ok) || run.log.frozen || run.log.quarantined) return []
  return [
    {
      ...common,
      reason: 'unanswered',
      text: found.title,
      fix: 'Nothing was done about it yet: freeze or block.',
    },
  ]
}

function ofRow({ id, title, state, problem }: SourceRow): AttentionItem[] {
  if (state !== 'unusable' || !problem) return []
  return [
    {
      source: id,
      sourceTitle: title,
      reason: 'unusable',
      severity: 'low',
      text: problem.what,
      fix: problem.fix ?? problem.why ?? '',
      uid: null,
      time: null,
    },
  ]
}
