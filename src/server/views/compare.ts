import type { CaseStore } from '../../store/cases/case-store.ts'
import type { Row } from '../../store/cases/values.ts'
import { Problem } from '../problem.ts'
import { type CompareAnswer, type CompareQuery, compareAnswer } from '../wire/compare.ts'
import { commandPattern } from './command-pattern.ts'
import { type Doing, doingsList } from './compare-lists.ts'
import { episodeColumns } from './episodes.ts'

/** Calls of one episode whose commands are compared; of more, the first. */
const callsMax = 5000
const siblingsMax = 20

/** What two episodes did, side by side. Throws a Problem (404) when the case has not got one of them. */
export async function compareEpisodes(
  store: CaseStore,
  { left, right: given }: CompareQuery,
  signal?: AbortSignal,
): Promise<CompareAnswer> {
  const [leftRow, siblings] = await Promise.all([
    episode(store, left, signal),
    siblingsOf(store, left, signal),
  ])
  const right = given ?? (siblings[0] === undefined ? undefined : String(siblings[0].uid))
  const rightRow = right === undefined ? null : await episode(store, right, signal)
  const uids = [left, right ?? '']
  const [destinations, names, calls, findings] = await Promise.all([
    reached(store, uids, 'connection', signal),
    reached(store, uids, 'dns', signal),
    callsOf(store, uids, signal),
    found(store, uids, signal),
  ])
  const doing = (row: Row, what: string): Doing => ({
    side: row.episode_uid === left ? 'left' : 'right',
    what,
    count: 1,
    denied: 0,
    call: String(row.uid),
    firstTime: row.start_time === null ? null : String(row.start_time),
  })
  const answer = {
    left: leftRow,
    right: rightRow,
    note: rightRow ? null : 'No other episode of the same run and step ran in another sandbox. Choose one.',
    siblings,
    destinations: doingsList(destinations),
    names: doingsList(names),
    commands: doingsList(
      calls.map((row) => ({
        ...doing(row, commandPattern(String(row.command ?? ''))),
        example: String(row.command ?? ''),
      })),
    ),
    tools: doingsList(calls.map((row) => doing(row, String(row.name ?? '')))),
    findings: doingsList(findings),
  }
  return compareAnswer.parse(answer)
}

async function episode(store: CaseStore, uid: string, signal?: AbortSignal): Promise<Row> {
  const [row] = await store.rows(`SELECT ${episodeColumns} FROM episodes WHERE uid = $1`, [uid], {
    signal,
    textMax: 1000,
  })
  if (!row) {
    throw new Problem(404, {
      what: 'This case has no such episode.',
      fix: 'Choose one from the table; the case may have been investigated again.',
    })
  }
  return row
}

/**
 * Same run and step (or none of these, where traces name none) in another sandbox: those that share the most commands
 * first, and of equals one without findings, because it shows what is usual.
 */
async function siblingsOf(store: CaseStore, uid: string, signal?: AbortSignal): Promise<readonly Row[]> {
  return await store.rows(
    `WITH mine AS (SELECT * FROM episodes WHERE uid = $1),
       own AS (SELECT DISTINCT left(command, 200) AS command FROM calls WHERE episode_uid = $1),
       others AS (
         SELECT e.* FROM episodes e, mine m WHERE e.uid <> m.uid AND e.run IS NOT DISTINCT FROM m.run
           AND e.step IS NOT DISTINCT FROM m.step AND (e.box IS DISTINCT FROM m.box OR e.box IS NULL)
         ORDER BY e.uid LIMIT 2000)
     SELECT ${episodeColumns}, coalesce(shared.n, 0) AS "commonCommands" FROM others
     LEFT JOIN (SELECT c.episode_uid, count(DISTINCT left(c.command, 200)) AS n FROM calls c
       JOIN own ON own.command = left(c.command, 200) WHERE c.episode_uid IN (SELECT uid FROM others)
       GROUP BY c.episode_uid) AS shared ON shared.episode_uid = others.uid
     ORDER BY coalesce(shared.n, 0) DESC, findings, uid LIMIT ${siblingsMax}`,
    [uid],
    { signal, textMax: 1000 },
  )
}

async function reached(
  store: CaseStore,
  uids: readonly string[],
  kind: 'connection' | 'dns',
  signal?: AbortSignal,
): Promise<Doing[]> {
  const rows = await store.rows(
    `SELECT episode_uid, coalesce(name, dst) AS destination, ${kind === 'dns' ? 'NULL AS port' : 'port'}, tool_call,
       sum(events)::BIGINT AS n, coalesce(sum(events) FILTER (disposition = 'blocked'), 0)::BIGINT AS denied,
       min(first_time) AS first
     FROM egress WHERE episode_uid IN ($1, $2) AND kind = $3 AND events > 0 GROUP BY ALL ORDER BY first, destination`,
    [uids[0] ?? '', uids[1] ?? '', kind],
    { signal, textMax: 1000, rowsMax: 50_000 },
  )
  return rows.map((row) => ({
    side: row.episode_uid === uids[0] ? 'left' : 'right',
    what:
      row.port === null
        ? String(row.destination)
        : `${bracketed(String(row.destination))}:${String(row.port)}`,
    count: Number(row.n),
    denied: Number(row.denied),
    call: String(row.tool_call),
    firstTime: row.first === null ? null : String(row.first),
  }))
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

async function callsOf(
  store: CaseStore,
  uids: readonly string[],
  signal?: AbortSignal,
): Promise<readonly Row[]> {
  return await store.rows(
    `SELECT uid, episode_uid, name, left(command, 2000) AS command, start_time FROM calls
     WHERE episode_uid IN ($1, $2) AND echo_of IS NULL
     QUALIFY row_number() OVER (PARTITION BY episode_uid ORDER BY start_time, uid) <= ${callsMax}
     ORDER BY start_time, uid`,
    [...uids],
    { signal, textMax: 2000, rowsMax: 2 * callsMax },
  )
}

async function found(store: CaseStore, uids: readonly string[], signal?: AbortSignal): Promise<Doing[]> {
  const rows = await store.rows(
    `SELECT c.episode_uid, f.uid, f.detection, f.title, f.severity, f.first_time, min(c.uid) AS tool_call
     FROM finding_calls x JOIN findings f ON f.uid = x.finding JOIN calls c ON c.uid = x.tool_call
     WHERE c.episode_uid IN ($1, $2) GROUP BY ALL ORDER BY f.first_time, f.uid`,
    [...uids],
    { signal, textMax: 1000, rowsMax: 50_000 },
  )
  return rows.map((row) => ({
    side: row.episode_uid === uids[0] ? 'left' : 'right',
    what: String(row.detection),
    example: String(row.title),
    severity: row.severity === null ? null : String(row.severity),
    count: 1,
    denied: 0,
    call: String(row.tool_call),
    firstTime: row.first_time === null ? null : String(row.first_time),
  }))
}
