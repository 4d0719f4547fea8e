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
  const grouped = groupedSql(where, query)
  const known = baseline && (await baselineOf(baseline, query, signal))
  const compared = known
    ? comparedSql(where, known.rows)
    : 'SELECT *, NULL AS status, NULL AS gone_destination, NULL AS gone_port, NULL AS gone_kind FROM grouped'
  const fits = query.status === undefined ? '' : ` WHERE status = ${where.bind(query.status)}`
  const keys: readonly string[] = levelKeys[query.level]
  const sort =
    query.sort === 'destination'
      ? 'coalesce(d.destination, gone_destination)'
      : query.sort === 'port'
        ? 'coalesce(d.port, gone_port)'
        : `f."${query.sort}"`
  const order = [
    `${sort} ${query.direction} NULLS LAST`,
    'f.destination_id',
    ...keys.map((key) => `f.${key}`),
    'gone_destination',
    'gone_port',
  ].join(', ')
  const shown = Object.entries(named).map(([column, name]) => {
    const labels: readonly string[] = levelLabels[query.level]
    if (!labels.includes(column)) return `NULL AS "${name}"`
    return `${keys.includes(column) ? 'page' : 'label'}.${column} AS "${name}"`
  })
  // Grouped by numbers, cut to the page, and only then completed with texts: there can be a million groups.
  const sql = `WITH source AS (SELECT * FROM ${from}), grouped AS MATERIALIZED (${grouped}), compared AS MATERIALIZED (${compared}),
      fitting AS (SELECT * FROM compared${fits}),
      totals AS (SELECT count(*) AS total, ${statuses.map((one) => `count(*) FILTER (status = '${one}') AS "${one}"`).join(', ')} FROM fitting),
      page AS (SELECT f.*, d.destination, d.name, d.first_address, d.last_address, d.port, d.kind, row_number() OVER (ORDER BY ${order}) AS nth
        FROM (SELECT f.* FROM fitting f LEFT JOIN destinations d ON d.id = f.destination_id
          ORDER BY ${order} LIMIT ${where.bind(query.limit)} OFFSET ${where.bind(query.offset)}) AS f
        LEFT JOIN destinations d ON d.id = f.destination_id)${labelsSql(query)}
    SELECT totals.*, nth, coalesce(page.destination, gone_destination) AS destination, page.name,
      list_filter(list_distinct([first_address, last_address]), lambda a: a IS NOT NULL) AS addresses,
      coalesce(page.port, gone_port) AS port, coalesce(page.kind, gone_kind) AS kind, ${shown.join(', ')},
      ${sums.map((name) => `page."${name}"`).join(', ')}, status
    FROM totals LEFT JOIN page ON true${labelJoin(query)} ORDER BY nth`
  const rows = await store.rows(sql, where.parameters, { signal, textMax: 1000 })
  const { total = 0, new: isNew = 0, known: isKnown = 0, gone = 0, changed = 0 } = rows[0] ?? {}
  return egressAnswer.parse({
    // Without any row on the page, the totals stand alone.
    rows: rows.filter(({ nth }) => nth !== null),
    total,
    statuses: known ? { new: isNew, known: isKnown, gone, changed } : null,
    baselineCut: known?.cut ?? false,
  })
}

const statuses = ['new', 'known', 'gone', 'changed'] as const
const sums = [
  'events',
  'allowed',
  'denied',
  'unknown',
  'expected',
  'calls',
  'episodes',
  'bytesOut',
  'bytesIn',
  'firstTime',
  'lastTime',
] as const

/** Calls and episodes are grouped by number; what they are called is looked up for those on the page. */
function numberOf({ level }: EgressQuery): 'call_id' | 'episode_id' | undefined {
  return level === 'call' ? 'call_id' : level === 'episode' ? 'episode_id' : undefined
}

function labelsSql(query: EgressQuery): string {
  const number = numberOf(query)
  if (number === undefined) return ''
  const labels = levelLabels[query.level].map((column) => `any_value(${column}) AS ${column}`)
  return `, label AS (SELECT ${number}, ${labels.join(', ')} FROM source
    WHERE ${number} IN (SELECT ${number} FROM page) GROUP BY ${number})`
}

function labelJoin(query: EgressQuery): string {
  const number = numberOf(query)
  return number === undefined ? '' : ` LEFT JOIN label ON label.${number} = page.${number}`
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

function groupedSql(where: Where, { level, unlikely }: EgressQuery): string {
  const keys = ['destination_id', ...levelKeys[level]].join(', ')
  return `SELECT ${keys}, sum(events)::BIGINT AS events,
      coalesce(sum(events) FILTER (disposition = 'allowed'), 0)::BIGINT AS allowed,
      coalesce(sum(events) FILTER (disposition = 'blocked'), 0)::BIGINT AS denied,
      coalesce(sum(events) FILTER (disposition IS NULL OR disposition NOT IN ('allowed', 'blocked')), 0)::BIGINT AS unknown,
      sum(expected) AS expected, ${different(level === 'call', 'call_id')} AS calls,
      ${different(level === 'call' || level === 'episode', 'episode_id')} AS episodes,
      sum(bytes_out)::BIGINT AS "bytesOut", sum(bytes_in)::BIGINT AS "bytesIn",
      min(first_time) AS "firstTime", max(last_time) AS "lastTime"
    FROM source${where.sql} GROUP BY ${keys}${unlikely ? '' : ' HAVING sum(events) > 0'}`
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

function comparedSql(where: Where, known: Known['rows']): string {
  const [destinations, ports, kinds, outcomes] = [0, 1, 2, 3].map((i) =>
    where.bind(known.map((row) => row[i] ?? '')),
  )
  return `WITH was AS (
      SELECT given.*, d.id FROM (
        SELECT unnest(${destinations}::VARCHAR[]) AS destination, unnest(${ports}::VARCHAR[]) AS port,
          unnest(${kinds}::VARCHAR[]) AS kind, unnest(${outcomes}::VARCHAR[]) AS outcomes) AS given
      LEFT JOIN destinations d ON coalesce(d.destination, '') = given.destination
        AND coalesce(d.port::VARCHAR, '') = given.port AND d.kind = given.kind),
    whole AS (SELECT destination_id, ${outcomesOf('bool_or(allowed > 0)', 'bool_or(denied > 0)')} AS outcomes
      FROM grouped GROUP BY destination_id)
    SELECT g.*, CASE WHEN was.id IS NULL THEN 'new' WHEN was.outcomes <> whole.outcomes THEN 'changed' ELSE 'known' END AS status,
      NULL AS gone_destination, NULL::INTEGER AS gone_port, NULL AS gone_kind
    FROM grouped g JOIN whole ON whole.destination_id = g.destination_id LEFT JOIN was ON was.id = g.destination_id
    UNION ALL BY NAME
    SELECT 0 AS events, 0 AS allowed, 0 AS denied, 0 AS unknown, 0 AS expected, 0 AS calls, 0 AS episodes, 'gone' AS status,
      destination AS gone_destination, TRY_CAST(port AS INTEGER) AS gone_port, kind AS gone_kind
    FROM was WHERE id IS NULL OR id NOT IN (SELECT destination_id FROM grouped)`
}
