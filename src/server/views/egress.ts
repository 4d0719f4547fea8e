import type { CaseStore } from '../../store/cases/case-store.ts'
import { type EgressAnswer, type EgressQuery, egressAnswer } from '../wire/egress.ts'
import { utc, Where } from './where.ts'

/** Destinations of a baseline that are compared with; of more, those with the most events. */
export const baselineMax = 20_000

/** What a row is grouped by beside its destination; numbers stand for calls and episodes. */
const levelKeys = {
  destination: [],
  box: ['box'],
  run: ['run'],
  step: ['run', 'step'],
  episode: ['episode_id'],
  tool: ['tool'],
  call: ['call_id'],
} satisfies Record<EgressQuery['level'], readonly string[]>

/** What is the same for all of a group, to be shown with it. */
const levelLabels = {
  destination: [],
  box: ['box'],
  run: ['run'],
  step: ['run', 'step'],
  episode: ['run', 'step', 'episode', 'episode_uid', 'box'],
  tool: ['tool'],
  call: ['run', 'step', 'episode', 'episode_uid', 'box', 'tool', 'tool_call'],
} satisfies Record<EgressQuery['level'], readonly string[]>

const named = {
  tool_call: 'toolCall',
  tool: 'tool',
  episode: 'episode',
  episode_uid: 'episodeUid',
  run: 'run',
  step: 'step',
  box: 'box',
}

/** One page of who reached what, with a baseline (another case) compared destination by destination. */
export async function egressPage(
  store: CaseStore,
  query: EgressQuery,
  baseline?: CaseStore,
  signal?: AbortSignal,
): Promise<EgressAnswer> {
  const where = new Where()
  const from = rowsOfEgress(where, query)
  filter(where, query)
  const grouped = groupedSql(from, where, query)
  const known = baseline && (await baselineOf(baseline, query, signal))
  const compared = known
    ? comparedSql(grouped, where, known.rows)
    : `SELECT *, NULL::VARCHAR AS status FROM (${grouped})`
  const fits = query.status === undefined ? '' : ` WHERE status = ${where.bind(query.status)}`
  const parameters = [...where.parameters]
  const order = `"${query.sort}" ${query.direction} NULLS LAST, destination, port, "toolCall", "episodeUid", run, step, box, tool, kind`
  const counts = ['new', 'known', 'gone', 'changed'].map(
    (status) => `count(*) FILTER (status = '${status}') OVER () AS "${status}"`,
  )
  // The sums are made once: the totals ride on every row of the page.
  const rows = await store.rows(
    `SELECT *, count(*) OVER () AS total, ${counts.join(', ')} FROM (${compared})${fits}
     ORDER BY ${order} LIMIT ${where.bind(query.limit)} OFFSET ${where.bind(query.offset)}`,
    where.parameters,
    { signal, textMax: 1000 },
  )
  const [totals] =
    rows.length > 0 || query.offset === 0
      ? rows
      : await store.rows(
          `SELECT count(*) AS total, ${counts.join(', ').replaceAll(' OVER ()', '')} FROM (${compared})${fits}`,
          parameters,
          { signal },
        )
  const { total = 0, new: isNew = 0, known: isKnown = 0, gone = 0, changed = 0 } = totals ?? {}
  return egressAnswer.parse({
    rows,
    total,
    statuses: known ? { new: isNew, known: isKnown, gone, changed } : null,
    baselineCut: known?.cut ?? false,
  })
}

/** The table of sums, or for a time range the same made of the events in it. */
function rowsOfEgress(where: Where, { from, to }: Pick<EgressQuery, 'from' | 'to'>): string {
  if (from === undefined && to === undefined) return 'egress'
  const conditions = [
    ...(from === undefined ? [] : [`time >= ${where.bind(utc(from) ?? null)}::TIMESTAMP`]),
    ...(to === undefined ? [] : [`time < ${where.bind(utc(to) ?? null)}::TIMESTAMP`]),
  ].join(' AND ')
  return `(WITH inside AS (SELECT * FROM events WHERE ${conditions}),
    pairs AS (
      SELECT inside.seq, k.tool_call, k.p AS share FROM candidates k JOIN inside ON inside.uid = k.event
      UNION ALL
      SELECT seq, NULL, p_none + p_other FROM inside WHERE p_none + p_other > 0 OR tool_call IS NULL)
    SELECT c.uid AS tool_call, c.name AS tool, c.run, c.episode, c.episode_uid, c.step,
      CASE WHEN c.uid IS NULL THEN e.box ELSE coalesce(c.box, e.box) END AS box,
      CASE WHEN e."class" = 'dns_activity' THEN 'dns' ELSE 'connection' END AS kind, e.name, e.dst, e.disposition,
      CASE WHEN own THEN 1 ELSE 0 END AS events, pairs.share AS expected,
      CASE WHEN own THEN e.bytes_out END AS bytes_out, CASE WHEN own THEN e.bytes_in END AS bytes_in,
      e.time AS first_time, e.time AS last_time, e.destination_id, c.uid AS call_id, c.episode_uid AS episode_id
    FROM (SELECT pairs.*, pairs.tool_call IS NOT DISTINCT FROM inside.tool_call AS own
          FROM pairs JOIN inside ON inside.seq = pairs.seq) AS pairs
    JOIN inside e ON e.seq = pairs.seq LEFT JOIN calls c ON c.uid = pairs.tool_call) AS egress`
}

function filter(where: Where, query: EgressQuery): void {
  where
    .add('kind = ?', query.kind === 'all' ? undefined : query.kind)
    .add("coalesce(disposition, 'unknown') = ?", query.disposition)
    .add('episode_uid = ?', query.episode)
    .add('tool_call = ?', query.toolCall)
    .add('box = ?', query.box)
    .contains(['name', 'dst', 'box', 'episode', 'tool'], query.text)
  if (query.caused !== 'all') where.add(`tool_call IS ${query.caused === 'calls' ? 'NOT ' : ''}NULL`)
}

function groupedSql(from: string, where: Where, { level, unlikely }: EgressQuery): string {
  const keys: readonly string[] = levelKeys[level]
  const labels: readonly string[] = levelLabels[level]
  // What no call caused may have come from many sandboxes: then none is named.
  const label = (column: string) =>
    keys.includes(column)
      ? column
      : column === 'box'
        ? 'CASE WHEN min(box) IS NOT DISTINCT FROM max(box) THEN min(box) END AS box'
        : `any_value(${column}) AS ${column}`
  const shown = Object.entries(named).map(([column, name]) =>
    labels.includes(column) ? `g.${column} AS "${name}"` : `NULL AS "${name}"`,
  )
  return `SELECT d.destination, d.name, list_distinct([d.first_address, d.last_address]) AS addresses, d.port, d.kind,
      ${shown.join(', ')}, g.* EXCLUDE (${['destination_id', ...labels].join(', ')})
    FROM (SELECT destination_id, ${labels.map((column) => `${label(column)}, `).join('')}
        sum(events)::BIGINT AS events,
        coalesce(sum(events) FILTER (disposition = 'allowed'), 0)::BIGINT AS allowed,
        coalesce(sum(events) FILTER (disposition = 'blocked'), 0)::BIGINT AS denied,
        coalesce(sum(events) FILTER (disposition IS NULL OR disposition NOT IN ('allowed', 'blocked')), 0)::BIGINT AS unknown,
        sum(expected) AS expected, ${different(level === 'call', 'call_id')} AS calls,
        ${different(level === 'call' || level === 'episode', 'episode_id')} AS episodes,
        sum(bytes_out)::BIGINT AS "bytesOut", sum(bytes_in)::BIGINT AS "bytesIn",
        min(first_time) AS "firstTime", max(last_time) AS "lastTime"
      FROM ${from}${where.sql}
      GROUP BY ${['destination_id', ...keys].join(', ')}${unlikely ? '' : ' HAVING sum(events) > 0'}) AS g
    JOIN destinations d ON d.id = g.destination_id`
}

/** Counting what there is one of in every group would take the memory of all of it. */
function different(isKey: boolean, column: string): string {
  return isKey
    ? `(any_value(${column}) IS NOT NULL AND sum(events) > 0)::BIGINT`
    : `count(DISTINCT ${column}) FILTER (events > 0)`
}

interface Known {
  readonly rows: readonly (readonly [destination: string, port: string, kind: string, outcomes: string])[]
  readonly cut: boolean
}

/** What the other case reached, with what became of it. Its time is another: only kind and text narrow it. */
async function baselineOf(
  store: CaseStore,
  { kind, text }: EgressQuery,
  signal?: AbortSignal,
): Promise<Known> {
  const where = new Where()
    .add('kind = ?', kind === 'all' ? undefined : kind)
    .contains(['name', 'dst', 'box', 'episode', 'tool'], text)
  const rows = await store.rows(
    `SELECT d.destination, d.port, d.kind, g.outcomes FROM (
       SELECT destination_id, sum(events) AS n, ${outcomesOf("bool_or(disposition = 'allowed')", "bool_or(disposition = 'blocked')")} AS outcomes
       FROM egress${where.sql} GROUP BY destination_id HAVING sum(events) > 0) AS g
     JOIN destinations d ON d.id = g.destination_id
     ORDER BY g.n DESC, d.destination, d.port LIMIT ${baselineMax + 1}`,
    where.parameters,
    { signal, rowsMax: baselineMax + 1, textMax: 1000 },
  )
  return {
    rows: rows
      .slice(0, baselineMax)
      .map(({ destination, port, kind: of, outcomes }) => [
        String(destination ?? ''),
        port === null ? '' : String(port),
        String(of),
        String(outcomes),
      ]),
    cut: rows.length > baselineMax,
  }
}

function outcomesOf(allowed: string, denied: string): string {
  return `(CASE WHEN ${allowed} THEN 'a' ELSE '' END || CASE WHEN ${denied} THEN 'd' ELSE '' END)`
}

function comparedSql(grouped: string, where: Where, known: Known['rows']): string {
  const [destinations, ports, kinds, outcomes] = [0, 1, 2, 3].map((i) =>
    where.bind(known.map((row) => row[i] ?? '')),
  )
  const outcomesNow = outcomesOf('bool_or(allowed > 0) OVER whole', 'bool_or(denied > 0) OVER whole')
  return `SELECT now.* REPLACE (
      coalesce(now.destination, was.destination) AS destination, coalesce(now.port, TRY_CAST(was.port AS INTEGER)) AS port,
      coalesce(now.kind, was.kind) AS kind, coalesce(now.addresses, []) AS addresses,
      coalesce(events, 0) AS events, coalesce(allowed, 0) AS allowed, coalesce(denied, 0) AS denied,
      coalesce(unknown, 0) AS unknown, coalesce(expected, 0) AS expected, coalesce(calls, 0) AS calls,
      coalesce(episodes, 0) AS episodes),
      CASE WHEN was.destination IS NULL THEN 'new' WHEN now.kind IS NULL THEN 'gone'
        WHEN now.outcomes <> was.outcomes THEN 'changed' ELSE 'known' END AS status
    FROM (SELECT *, ${outcomesNow} AS outcomes FROM (${grouped}) WINDOW whole AS (PARTITION BY destination, port, kind)) AS now
    FULL JOIN (SELECT unnest(${destinations}::VARCHAR[]) AS destination, unnest(${ports}::VARCHAR[]) AS port,
        unnest(${kinds}::VARCHAR[]) AS kind, unnest(${outcomes}::VARCHAR[]) AS outcomes) AS was
      ON coalesce(now.destination, '') = was.destination AND coalesce(now.port::VARCHAR, '') = was.port AND now.kind = was.kind`
}
