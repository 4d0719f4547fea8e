import type { CaseStore } from '../../store/cases/case-store.ts'
import { type EpisodesAnswer, type EpisodesQuery, episodesAnswer } from '../wire/episodes.ts'
import { utc, Where } from './where.ts'

/** Column of `episodes` for each that can be sorted by and is shown. */
const columns = {
  run: 'run',
  episode: 'episode',
  step: 'step',
  policyVersion: 'policy_version',
  box: 'box',
  reward: 'reward',
  calls: 'calls',
  events: 'events',
  denied: 'denied',
  destinations: 'destinations',
  bytesOut: 'bytes_out',
  bytesIn: 'bytes_in',
  findings: 'findings',
  worst: 'worst',
  firstTime: 'first_time',
  lastTime: 'last_time',
} satisfies Record<EpisodesQuery['sort'], string>

export const episodeColumns = [
  'uid',
  'boxes',
  ...Object.entries(columns).map(([name, column]) => `${column} AS "${name}"`),
].join(', ')

/** One page of the episodes that fit, the total of these, and what the case has to show and filter by. */
export async function episodesPage(
  store: CaseStore,
  query: EpisodesQuery,
  signal?: AbortSignal,
): Promise<EpisodesAnswer> {
  const where = new Where()
    .contains(['episode', 'run', 'box', 'policy_version'], query.text)
    .add('worst >= ?::severity', query.severity)
    .add('step >= ?', query.stepFrom)
    .add('step <= ?', query.stepTo)
    .add('run = ?', query.run)
    .add('last_time >= ?::TIMESTAMP', utc(query.from))
    .add('first_time < ?::TIMESTAMP', utc(query.to))
  const order = `${columns[query.sort]} ${query.direction} NULLS LAST, first_time, uid`
  const parameters = [...where.parameters]
  const [rows, totals, has] = await Promise.all([
    store.rows(
      `SELECT ${episodeColumns} FROM episodes${where.sql} ORDER BY ${order} LIMIT ${where.bind(query.limit)} OFFSET ${where.bind(query.offset)}`,
      where.parameters,
      { signal, textMax: 1000 },
    ),
    store.rows(`SELECT count(*) AS total FROM episodes${where.sql}`, parameters, { signal }),
    store.rows(hasSql, [], { signal }),
  ])
  return episodesAnswer.parse({ rows, total: totals[0]?.total, has: has[0] })
}

const hasSql = `SELECT count(*) AS episodes, min(step) AS "stepMin", max(step) AS "stepMax", count(reward) AS rewards,
  count(coalesce(bytes_out, bytes_in)) AS bytes, count(policy_version) AS "policyVersions",
  min(first_time) AS "firstTime", max(last_time) AS "lastTime" FROM episodes`
