import type { CaseStore } from '../../store/cases/case-store.ts'
import { Problem } from '../problem.ts'
import {
  type CallAnswer,
  type CallQuery,
  type CallsAnswer,
  type CallsQuery,
  callAnswer,
  callsAnswer,
} from '../wire/calls.ts'
import { eventColumns } from './events.ts'
import { utc, Where } from './where.ts'

const columns = `uid, source_id AS "sourceId", run, episode, episode_uid AS "episodeUid", turn, step, name, command,
  start_time AS "startTime", end_time AS "endTime", uncertainty_ms AS "uncertaintyMs", box, file, line,
  exit_code AS "exitCode", echo_of AS "echoOf", events, denied, expected_events AS "expectedEvents", worst`

const withWorst = `(SELECT calls.*, accused.worst FROM calls LEFT JOIN (
  SELECT tool_call, max(severity) AS worst FROM finding_calls JOIN findings ON findings.uid = finding GROUP BY tool_call
) AS accused ON accused.tool_call = calls.uid) AS calls`

const sortColumns = {
  startTime: 'start_time',
  turn: 'turn',
  name: 'name',
  events: 'events',
  denied: 'denied',
  expectedEvents: 'expected_events',
  worst: 'worst',
} satisfies Record<CallsQuery['sort'], string>

export async function callsPage(
  store: CaseStore,
  query: CallsQuery,
  signal?: AbortSignal,
): Promise<CallsAnswer> {
  const where = new Where()
    .add('episode_uid = ?', query.episode)
    .add('coalesce(end_time, start_time) >= ?::TIMESTAMP', utc(query.from))
    .add('start_time < ?::TIMESTAMP', utc(query.to))
    .add('worst >= ?::severity', query.severity)
    .contains(['command', 'name', 'box'], query.text, ['uid', 'source_id'])
  const parameters = [...where.parameters]
  const order = `${sortColumns[query.sort]} ${query.direction} NULLS LAST, start_time, uid`
  const [rows, totals] = await Promise.all([
    store.rows(
      `SELECT ${columns} FROM ${withWorst}${where.sql} ORDER BY ${order} LIMIT ${where.bind(query.limit)} OFFSET ${where.bind(query.offset)}`,
      where.parameters,
      { signal, textMax: 2000 },
    ),
    store.rows(`SELECT count(*) AS total FROM ${withWorst}${where.sql}`, parameters, { signal }),
  ])
  return callsAnswer.parse({ rows, total: totals[0]?.total })
}

/** One call with what it caused. Throws a Problem (404) when the case has none of that uid. */
export async function oneCall(
  store: CaseStore,
  uid: string,
  { offset, limit }: CallQuery,
  signal?: AbortSignal,
): Promise<CallAnswer> {
  const [calls, events, maybe, findings] = await Promise.all([
    store.rows(
      `SELECT ${columns}, policy_version AS "policyVersion", reward, time_source AS "timeSource" FROM ${withWorst} WHERE uid = $1`,
      [uid],
      { signal, textMax: 64_000 },
    ),
    store.rows(
      `SELECT ${eventColumns} FROM events e JOIN calls c ON c.uid = e.tool_call WHERE e.tool_call = $1
       ORDER BY e.seq LIMIT $2 OFFSET $3`,
      [uid, limit, offset],
      { signal, textMax: 2000 },
    ),
    store.rows(
      `SELECT ${eventColumns}, k.p AS share FROM candidates k JOIN events e ON e.uid = k.event
       LEFT JOIN calls c ON c.uid = e.tool_call
       WHERE k.tool_call = $1 AND e.tool_call IS DISTINCT FROM $1 ORDER BY k.p DESC, e.seq LIMIT 50`,
      [uid],
      { signal, textMax: 2000 },
    ),
    store.rows(
      `SELECT f.uid, f.severity, f.detection, f.title, f.incident FROM finding_calls x JOIN findings f ON f.uid = x.finding
       WHERE x.tool_call = $1 ORDER BY f.severity DESC, f.first_time LIMIT 500`,
      [uid],
      { signal, textMax: 1000 },
    ),
  ])
  const [found] = calls
  if (!found) {
    throw new Problem(404, {
      what: 'This case has no such call.',
      fix: 'The case may have been investigated again; search for the command.',
    })
  }
  const { policyVersion, reward, timeSource, ...call } = found
  return callAnswer.parse({ call, policyVersion, reward, timeSource, events, maybe, findings })
}
