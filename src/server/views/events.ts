import type { CaseStore } from '../../store/cases/case-store.ts'
import { type EventsAnswer, type EventsQuery, eventsAnswer } from '../wire/events.ts'
import { utc, Where } from './where.ts'

/** Columns of an event's row; `e` are events, `c` the calls they are attributed to. */
export const eventColumns = `e.uid, e.seq, e.time, e.source_time AS "sourceTime", e."class", e.src, e.dst, e.port, e.name,
  e.disposition, e.rule, e.file, e.line, e.verdict, e.tool_call AS "toolCall", c.name AS tool, e.episode,
  e.episode_uid AS "episodeUid", e.run, e.step, e.p, e.p_none AS "pNone", e.tier, e.box, e.severity,
  e.bytes_out AS "bytesOut", e.bytes_in AS "bytesIn"`

/** One page of the events that fit, and the total of these. */
export async function eventsPage(
  store: CaseStore,
  query: EventsQuery,
  signal?: AbortSignal,
): Promise<EventsAnswer> {
  const where = new Where()
    .add('time >= ?::TIMESTAMP', utc(query.from))
    .add('time < ?::TIMESTAMP', utc(query.to))
    .add('verdict = ?', query.verdict)
    .add("coalesce(disposition, 'unknown') = ?", query.disposition)
    .add('"class" = ?', query.class)
    .add('severity >= ?::severity', query.severity)
    .add('tool_call = ?', query.toolCall)
    .add('episode_uid = ?', query.episode)
    .add('box = ?', query.box)
    .add('coalesce(name, dst) = ?', query.destination)
    .add('port = ?', query.port)
    .contains(['name', 'dst', 'src', 'rule', 'box'], query.text, ['uid'])
  const parameters = [...where.parameters]
  const order = (of: string) => `${of}${query.sort} ${query.direction} NULLS LAST, ${of}seq`
  // The page is cut before its rows are completed: sorting a million rows of all columns would cost a second.
  const sql = `SELECT ${eventColumns} FROM (
      SELECT seq AS place FROM events${where.sql}
      ORDER BY ${order('')} LIMIT ${where.bind(query.limit)} OFFSET ${where.bind(query.offset)}) AS page
    JOIN events e ON e.seq = page.place LEFT JOIN calls c ON c.uid = e.tool_call ORDER BY ${order('e.')}`
  const [rows, totals] = await Promise.all([
    store.rows(sql, where.parameters, { signal, textMax: 2000 }),
    store.rows(`SELECT count(*) AS total FROM events${where.sql}`, parameters, { signal }),
  ])
  return eventsAnswer.parse({ rows, total: totals[0]?.total })
}
