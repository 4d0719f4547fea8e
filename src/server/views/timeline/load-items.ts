// Reads a case's calls and events into columns. A million rows cross the border of the process as packed text, in pages:
// as objects they would take twenty times as long.

import { parseIso } from '../../../base/time.ts'
import { severities } from '../../../schema/event.ts'
import type { CaseStore } from '../../../store/cases/case-store.ts'
import { emptyItems, type Items, kinds, limits, type Other, tone } from './items.ts'

/** Rows of one packed text. */
const packRows = 200_000
/** Characters of one packed text: more than `packRows` rows of at most a hundred characters. */
const packText = 24_000_000
const namesMax = 200_000
const grave = "'medium'::severity"

/** `calls` with their numbers; the order is that of the columns. By row, because no file of a case can be trusted to be right. */
const numbered =
  'numbered AS (SELECT rowid AS r, uid, (row_number() OVER (ORDER BY start_time NULLS LAST, uid, rowid)) - 1 AS n FROM calls)'

export async function loadItems(
  store: CaseStore,
  others: readonly Other[],
  signal?: AbortSignal,
): Promise<Items> {
  const [sizes] = await store.rows(
    'SELECT (SELECT count(*) FROM calls) AS calls, (SELECT count(*) FROM events) AS events',
    [],
    {
      signal,
    },
  )
  const inCase = { calls: Number(sizes?.calls ?? 0), events: Number(sizes?.events ?? 0) }
  const calls = Math.min(limits.calls, inCase.calls)
  const events = Math.min(limits.events, inCase.events)
  const [box, episode, step, tool, callUids] = await Promise.all([
    names(store, 'SELECT box AS name FROM calls UNION SELECT box FROM events', signal),
    names(store, 'SELECT uid AS name FROM episodes', signal),
    names(store, 'SELECT step::VARCHAR AS name FROM calls', signal),
    names(store, 'SELECT name FROM calls', signal),
    uidsOf(store, calls, signal),
  ])
  const items = emptyItems(
    { calls, events, others },
    {
      callUids,
      names: { box, episode, step, tool },
      leftOut: inCase.calls - calls + inCase.events - events,
    },
  )
  await loadCalls(store, items, signal)
  await loadEvents(store, items, signal)
  placeOthers(items)
  return items
}

/** Distinct names in order; of more than the maximum, the rest count as having none. */
async function names(store: CaseStore, sql: string, signal: AbortSignal | undefined): Promise<string[]> {
  const rows = await store.rows(
    `SELECT DISTINCT name FROM (${sql}) WHERE name IS NOT NULL ORDER BY name LIMIT ${namesMax}`,
    [],
    { rowsMax: namesMax, textMax: 1_000, signal },
  )
  return rows.map(({ name }) => String(name))
}

async function uidsOf(store: CaseStore, calls: number, signal: AbortSignal | undefined): Promise<string[]> {
  const uids: string[] = []
  for (let at = 0; at < calls; at += packRows) {
    const rows = await store.rows(
      `WITH ${numbered} SELECT uid FROM numbered WHERE n >= $1 AND n < $2 ORDER BY n`,
      [at, Math.min(calls, at + packRows)],
      { rowsMax: packRows, textMax: 500, signal },
    )
    for (const { uid } of rows) uids.push(String(uid))
  }
  return uids
}

/** A list of names as a table with their places, to join with. */
function places(name: string, sql: string): string {
  return `${name} AS (SELECT name, (row_number() OVER (ORDER BY name)) - 1 AS n
    FROM (SELECT DISTINCT name FROM (${sql}) WHERE name IS NOT NULL ORDER BY name LIMIT ${namesMax}))`
}

const boxes = places('boxes', 'SELECT box AS name FROM calls UNION SELECT box FROM events')

async function loadCalls(
  store: CaseStore,
  items: Items & { withoutTime: number },
  signal?: AbortSignal,
): Promise<void> {
  const sql = `WITH ${numbered}, ${boxes},
    ${places('episodes_', 'SELECT uid AS name FROM episodes')},
    ${places('steps', 'SELECT step::VARCHAR AS name FROM calls')},
    ${places('tools', 'SELECT name FROM calls')},
    accused AS (SELECT c.tool_call, max(f.severity) AS severity FROM finding_calls c JOIN findings f ON f.uid = c.finding GROUP BY 1),
    named AS (SELECT DISTINCT unnest(tool_calls) AS tool_call FROM incidents),
    best AS (SELECT tool_call, max(p) AS p FROM candidates GROUP BY 1)
    SELECT string_agg(concat_ws(',', coalesce(epoch_us(c.start_time)::VARCHAR, ''),
        greatest(0, coalesce(epoch_us(c.end_time) - epoch_us(c.start_time), 0)),
        ${severityCode('a.severity')}, CASE WHEN i.tool_call IS NOT NULL OR a.severity >= ${grave} THEN 1 ELSE 0 END,
        round(coalesce(b.p, 0) * 1000)::INTEGER, coalesce(x.n, -1), coalesce(e.n, -1), coalesce(s.n, -1), coalesce(t.n, -1)),
      ';' ORDER BY n.n) AS packed
    FROM numbered n JOIN calls c ON c.rowid = n.r
    LEFT JOIN boxes x ON x.name = c.box LEFT JOIN episodes_ e ON e.name = c.episode_uid
    LEFT JOIN steps s ON s.name = c.step::VARCHAR LEFT JOIN tools t ON t.name = c.name
    LEFT JOIN accused a ON a.tool_call = c.uid LEFT JOIN named i ON i.tool_call = c.uid
    LEFT JOIN best b ON b.tool_call = c.uid
    WHERE n.n >= $1 AND n.n < $2`
  for (let at = 0; at < items.calls; at += packRows) {
    const end = Math.min(items.calls, at + packRows)
    const [row] = await store.rows(sql, [at, end], { textMax: packText, signal, timeoutMs: 120_000 })
    const reader = new PackReader(String(row?.packed ?? ''))
    for (let i = at; i < end; i++) {
      const from = reader.next()
      const length = reader.next()
      items.fromUs[i] = from
      items.toUs[i] = from + length
      items.severity[i] = reader.next()
      const isGrave = reader.next() === 1
      const p = reader.next()
      items.p[i] = p
      items.tone[i] = isGrave ? tone.grave : p >= 900 ? tone.cause : p >= 500 ? tone.likely : tone.plain
      items.box[i] = reader.next()
      items.episode[i] = reader.next()
      items.step[i] = reader.next()
      items.tool[i] = reader.next()
      if (Number.isNaN(from)) items.withoutTime++
    }
  }
}

const verdictTones = [tone.cause, tone.likely, tone.open] as const

async function loadEvents(
  store: CaseStore,
  items: Items & { withoutTime: number },
  signal?: AbortSignal,
): Promise<void> {
  // A recording names the rule of everything it let through: there, only what was blocked is an alarm by its rule.
  const sql = `WITH ${numbered}, ${boxes}, firsts AS (SELECT uid, min(n) AS n FROM numbered GROUP BY uid)
    SELECT string_agg(concat_ws(',', coalesce(epoch_us(e.time)::VARCHAR, ''), ${severityCode('e.severity')},
        CASE e.verdict WHEN 'attributed' THEN 0 WHEN 'likely' THEN 1 ELSE 2 END,
        CASE WHEN e.severity IS NOT NULL OR (e.rule IS NOT NULL AND (e.disposition IS DISTINCT FROM 'allowed' OR e.file
               NOT IN (SELECT path FROM inputs WHERE format = 'vigiles-journal' AND path IS NOT NULL)))
             THEN ${kinds.indexOf('alarm')}
             WHEN e.class = 'dns_activity' THEN ${kinds.indexOf('dns')}
             WHEN e.class IN ('api_activity', 'process_activity') THEN ${kinds.indexOf('api')}
             ELSE ${kinds.indexOf('connection')} END,
        round(coalesce(e.p, 0) * 1000)::INTEGER, coalesce(c.n, -1), coalesce(x.n, -1)),
      ';' ORDER BY e.seq) AS packed
    FROM events e LEFT JOIN firsts c ON c.uid = e.best_call LEFT JOIN boxes x ON x.name = e.box
    WHERE e.seq > $1 AND e.seq <= $2`
  for (let at = 0; at < items.events; at += packRows) {
    const end = Math.min(items.events, at + packRows)
    const [row] = await store.rows(sql, [at, end], { textMax: packText, signal, timeoutMs: 120_000 })
    const reader = new PackReader(String(row?.packed ?? ''))
    for (let i = items.calls + at; i < items.calls + end; i++) {
      const from = reader.next()
      items.fromUs[i] = from
      items.toUs[i] = from
      const severity = reader.next()
      items.severity[i] = severity
      const verdict = reader.next()
      items.verdict[i] = verdict
      items.kind[i] = reader.next()
      items.tone[i] = severity >= 3 ? tone.grave : (verdictTones[verdict] ?? tone.open)
      items.p[i] = reader.next()
      const cause = reader.next()
      items.cause[i] = cause < items.calls ? cause : -1
      items.box[i] = reader.next()
      if (Number.isNaN(from)) items.withoutTime++
      // What a call is held to have done stands in that call's group.
      if (verdict < 2 && cause >= 0 && cause < items.calls) {
        items.episode[i] = items.episode[cause]!
        items.step[i] = items.step[cause]!
        items.tool[i] = items.tool[cause]!
      }
    }
  }
}

function placeOthers(items: Items & { withoutTime: number }): void {
  if (items.others.length === 0) return
  const boxes = new Map(items.names.box.map((name, i) => [name, i]))
  const calls = new Map(items.callUids.map((uid, i) => [uid, i]))
  for (const [k, other] of items.others.entries()) {
    const i = items.calls + items.events + k
    items.fromUs[i] = other.fromUs
    items.toUs[i] = other.toUs
    items.kind[i] = kinds.indexOf(other.kind)
    items.tone[i] = other.tone
    items.severity[i] = other.severity
    if (Number.isNaN(other.fromUs)) items.withoutTime++
    const cause = other.call === null ? -1 : (calls.get(other.call) ?? -1)
    items.box[i] = other.box === null ? -1 : (boxes.get(other.box) ?? -1)
    if (cause < 0) continue
    items.episode[i] = items.episode[cause]!
    items.step[i] = items.step[cause]!
    items.tool[i] = items.tool[cause]!
  }
}

function severityCode(of: string): string {
  return `CASE ${severities.map((word, i) => `WHEN ${of} = '${word}' THEN ${i + 1}`).join(' ')} ELSE 0 END`
}

/** Whole numbers, one after the other; an empty place is NaN, also everything after the end. */
class PackReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  next(): number {
    const text = this.#text
    let value = 0
    let digits = 0
    let sign = 1
    for (; this.#at < text.length; this.#at++) {
      const code = text.charCodeAt(this.#at)
      if (code === 45) sign = -1
      else if (code >= 48 && code <= 57) {
        value = value * 10 + code - 48
        digits++
      } else break
    }
    this.#at++
    return digits === 0 ? Number.NaN : sign * value
  }
}

/** µs of a time of the tables; NaN. */
export function usOf(iso: unknown): number {
  return (typeof iso === 'string' ? parseIso(iso)?.us : undefined) ?? Number.NaN
}
