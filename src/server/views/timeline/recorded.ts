// What only a recording tells: processes, from their launch to their exit, and what was done about a finding or by people.

import { BoundedMap } from '../../../base/bounded-map.ts'
import type { CaseStore } from '../../../store/cases/case-store.ts'
import { readJournal } from '../../../store/read.ts'
import type { Source } from '../../sources.ts'
import { limits, type Other, tone } from './items.ts'
import { usOf } from './load-items.ts'
import { facts } from './others.ts'

/** Lines of a journal that are looked at; those of a longer recording come without. */
const linesMax = 1_000_000
const othersMax = limits.others / 4

export async function recordedItems(store: CaseStore, source: Source): Promise<Other[]> {
  if (source.kind !== 'recording') return []
  return await withUids(store, await readItems(source))
}

/** A journal knows a call by its own id, the case by a uid. */
async function withUids(store: CaseStore, found: readonly Other[]): Promise<Other[]> {
  const ids = [...new Set(found.flatMap(({ call }) => (call === null ? [] : [call])))]
  if (ids.length === 0) return [...found]
  const rows = await store.rows(
    'SELECT source_id, min(uid) AS uid FROM calls WHERE source_id IN (SELECT unnest($1)) GROUP BY 1',
    [ids],
    { rowsMax: ids.length, textMax: 500 },
  )
  const uids = new Map(rows.map(({ source_id, uid }) => [String(source_id), String(uid)]))
  return found.map((other) => ({
    ...other,
    call: other.call === null ? null : (uids.get(other.call) ?? null),
  }))
}

async function readItems(source: Source): Promise<Other[]> {
  const found: Other[] = []
  const running = new BoundedMap<string, { at: number }>(othersMax)
  let lines = 0
  let lastUs = Number.NaN
  try {
    for await (const line of readJournal(source.folder)) {
      if (++lines > linesMax || found.length >= othersMax) break
      const us = usOf('at' in line ? (line.at ?? line.time) : line.time)
      lastUs = us
      if (line.class === 'process_activity') {
        const key = `${line.box} ${line.process.pid}`
        if (line.activity === 'launch') {
          running.set(key, { at: found.length })
          found.push({
            kind: 'process',
            uid: `${key} ${line.time}`,
            label: String(line.process.cmdLine ?? line.process.name ?? line.process.pid).slice(0, 300),
            fromUs: us,
            toUs: us,
            tone: tone.plain,
            severity: 0,
            box: line.box,
            call: line.actor.toolCall ?? line.actor.label?.toolCall ?? null,
            facts: facts({ Process: line.process.pid, Program: line.process.name, Sandbox: line.box }),
          })
        } else {
          const { at } = running.get(key) ?? {}
          if (at !== undefined) found[at] = ended(found[at]!, us, line.exitCode, line.signal)
          running.delete(key)
        }
      } else if (line.class === 'detection_finding') {
        for (const { do: act, ok, detail } of line.responses ?? []) {
          found.push(response(act, ok, detail, us, line.box, `finding ${line.finding.detection}`))
        }
      } else if (line.class === 'api_activity') {
        const { uid, user, via } = line.by
        const by = `${user ?? (uid === undefined ? 'unknown' : `uid ${uid}`)} through ${via}`
        const act = line.target === undefined ? line.operation : `${line.operation} ${line.target}`
        found.push(response(act, line.ok, line.detail, us, line.box, by))
      }
    }
  } catch {
    // A broken or half-written journal: `vigiles verify` says where; what holds up to there is drawn.
  }
  // What never ended in the recording goes on to its end.
  for (const { at } of running.values()) found[at] = ended(found[at]!, lastUs)
  return found
}

function ended(launch: Other, us: number, exitCode?: number, signal?: string): Other {
  return {
    ...launch,
    toUs: Math.max(launch.fromUs, Number.isNaN(us) ? launch.fromUs : us),
    facts: [...launch.facts, ...facts({ 'Exit code': exitCode, Signal: signal })],
  }
}

function response(
  act: string,
  ok: boolean,
  detail: string | undefined,
  us: number,
  box: string,
  by: string,
): Other {
  return {
    kind: 'response',
    uid: `${act} ${us}`,
    label: ok ? act : `${act}: failed`,
    fromUs: us,
    toUs: us,
    tone: ok ? tone.cause : tone.grave,
    severity: 0,
    box,
    call: null,
    facts: facts({ By: by, Result: ok ? 'done' : 'failed', Detail: detail }),
  }
}
