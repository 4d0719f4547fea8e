// One item with everything it is linked to.

import type { CaseStore } from '../../../store/cases/case-store.ts'
import type { ItemAnswer } from '../../wire/timeline.ts'
import { encodeItem } from './encode.ts'
import { type Items, kinds } from './items.ts'
import { callLabel, eventLabel, labelsOf } from './labels.ts'
import type { Lanes } from './lanes.ts'
import { facts } from './others.ts'

/** Links told of one item, most probable first. */
const linksMax = 400
type Found = NonNullable<ItemAnswer['found']>

/** `#12` is a number of an item; anything else the uid of a call, event, finding or incident. */
export async function itemOf(
  store: CaseStore,
  items: Items,
  lanes: Lanes,
  id: string,
  signal?: AbortSignal,
): Promise<Found | null> {
  const item = await numberOf(store, items, id, signal)
  if (item === undefined || lanes.laneOf[item]! < 0) return null
  const known =
    item < items.calls
      ? await callOf(store, items, item, signal)
      : item < items.calls + items.events
        ? await eventOf(store, items, item, signal)
        : await otherOf(store, items, item, signal)
  if (known === undefined) return null
  const { title, links, ...rest } = known
  const drawn = links.filter(({ item: other }) => lanes.laneOf[other]! >= 0)
  const near = drawn.slice(0, linksMax)
  const labels = await labelsOf(
    store,
    items,
    near.map((link) => link.item),
    signal,
  )
  return {
    ...rest,
    title,
    item: encodeItem(items, lanes, item, title.slice(0, 300)),
    kind: kinds[items.kind[item]!]!,
    links: near.map((link) => ({
      item: encodeItem(items, lanes, link.item, labels.get(link.item) ?? ''),
      p: link.p,
      uid: link.uid,
      isCause: link.isCause,
    })),
    moreLinks: drawn.length - near.length,
  }
}

async function numberOf(
  store: CaseStore,
  items: Items,
  id: string,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const number = /^#(\d{1,9})$/.exec(id)?.[1]
  if (number !== undefined) return Number(number) < items.length ? Number(number) : undefined
  const call = items.callUids.indexOf(id)
  if (call >= 0) return call
  const [event] = await store.rows('SELECT seq FROM events WHERE uid = $1 LIMIT 1', [id], { signal })
  if (event) return Number(event.seq) <= items.events ? items.calls + Number(event.seq) - 1 : undefined
  const other = items.others.findIndex(({ uid }) => uid === id)
  return other >= 0 ? items.calls + items.events + other : undefined
}

interface Known extends Omit<Found, 'item' | 'kind' | 'links' | 'moreLinks'> {
  readonly links: readonly { item: number; p: number; uid: string; isCause: boolean }[]
}

async function callOf(
  store: CaseStore,
  items: Items,
  item: number,
  signal?: AbortSignal,
): Promise<Known | undefined> {
  const uid = items.callUids[item]!
  const [[row], effects] = await Promise.all([
    store.rows(
      `SELECT ${callLabel} AS title, name, run, episode, episode_uid, turn, step, box, reward, policy_version, exit_code,
         uncertainty_ms, file, line FROM calls WHERE uid = $1`,
      [uid],
      { signal, textMax: 2_000 },
    ),
    store.rows(
      `SELECT e.seq, e.uid, c.p FROM candidates c JOIN events e ON e.uid = c.event WHERE c.tool_call = $1 AND c.p >= 0.05
       ORDER BY c.p DESC, e.seq LIMIT ${linksMax + 1}`,
      [uid],
      { signal },
    ),
  ])
  if (row === undefined) return undefined
  const episode =
    row.episode === null ? null : `${row.episode}${row.turn === null ? '' : `, turn ${row.turn}`}`
  return {
    uid,
    title: String(row.title ?? row.name ?? ''),
    facts: facts({
      Tool: row.name,
      Sandbox: row.box,
      Run: row.run,
      Episode: episode,
      Step: row.step,
      Policy: row.policy_version,
      Reward: row.reward,
      'Exit code': row.exit_code,
      'Uncertain by': row.uncertainty_ms ? `${row.uncertainty_ms} ms either side` : null,
      Where: place(row),
    }).map(([label, value]) => ({ label, value })),
    run: text(row.run),
    episode: text(row.episode),
    episodeUid: text(row.episode_uid),
    links: effects
      .filter(({ seq }) => Number(seq) <= items.events)
      .map(({ seq, uid: event, p }) => ({
        item: items.calls + Number(seq) - 1,
        p: Number(p),
        uid: String(event),
        isCause: false,
      })),
  }
}

async function eventOf(
  store: CaseStore,
  items: Items,
  item: number,
  signal?: AbortSignal,
): Promise<Known | undefined> {
  const [row] = await store.rows(
    `SELECT uid, ${eventLabel} AS title, class, src, dst, port, name, disposition, rule, source_time, verdict, p, p_none,
       tier, box, run, episode, episode_uid, step, severity, file, line, bytes_out, bytes_in FROM events WHERE seq = $1`,
    [item - items.calls + 1],
    { signal, textMax: 2_000 },
  )
  if (row === undefined) return undefined
  const uid = String(row.uid)
  const causes = await store.rows(
    `WITH wanted AS (SELECT tool_call, p FROM candidates WHERE event = $1 ORDER BY p DESC LIMIT 5)
     SELECT tool_call, p FROM wanted`,
    [uid],
    { signal },
  )
  const numbers = new Map(
    causes.map(({ tool_call }) => [String(tool_call), items.callUids.indexOf(String(tool_call))]),
  )
  const verdict = row.verdict === 'not-attributable' ? 'not attributable' : row.verdict
  return {
    uid,
    title: String(row.title ?? ''),
    facts: facts({
      Answer: `${verdict}, p ${Number(row.p ?? 0).toFixed(2)}; none of the calls ${Number(row.p_none ?? 0).toFixed(2)}`,
      Severity: row.severity,
      From: row.src,
      To: `${row.name ?? ''} ${row.dst ?? ''}${row.port === null ? '' : `:${row.port}`}`.trim(),
      Disposition: row.disposition,
      Rule: row.rule,
      'The source wrote': row.source_time,
      'Connected by': row.tier,
      Sandbox: row.box,
      Episode: row.episode,
      Step: row.step,
      'Bytes sent': row.bytes_out,
      'Bytes received': row.bytes_in,
      Where: place(row),
    }).map(([label, value]) => ({ label, value })),
    run: text(row.run),
    episode: text(row.episode),
    episodeUid: text(row.episode_uid),
    links: causes.flatMap(({ tool_call, p }) => {
      const call = numbers.get(String(tool_call)) ?? -1
      return call < 0 ? [] : [{ item: call, p: Number(p), uid: String(tool_call), isCause: true }]
    }),
  }
}

/** A finding with the calls it accuses and the events it rests on, an incident with its calls, a process with its own. */
async function otherOf(
  store: CaseStore,
  items: Items,
  item: number,
  signal?: AbortSignal,
): Promise<Known | undefined> {
  const other = items.others[item - items.calls - items.events]
  if (other === undefined) return undefined
  const options = { signal, rowsMax: linksMax + 1 }
  const limit = `LIMIT ${linksMax + 1}`
  const [calls, events] = await Promise.all([
    other.kind === 'finding'
      ? store.rows(
          `SELECT tool_call AS uid FROM finding_calls WHERE finding = $1 ${limit}`,
          [other.uid],
          options,
        )
      : other.kind === 'incident'
        ? store.rows(
            `SELECT unnest(tool_calls) AS uid FROM incidents WHERE uid = $1 ${limit}`,
            [other.uid],
            options,
          )
        : other.call === null
          ? []
          : [{ uid: other.call }],
    other.kind === 'finding'
      ? store.rows(
          `SELECT e.seq, e.uid FROM finding_events f JOIN events e ON e.uid = f.event WHERE f.finding = $1 ORDER BY e.seq ${limit}`,
          [other.uid],
          options,
        )
      : [],
  ])
  const links = [
    ...calls.map(({ uid }) => ({
      item: items.callUids.indexOf(String(uid)),
      uid: String(uid),
      isCause: true,
    })),
    ...events
      .filter(({ seq }) => Number(seq) <= items.events)
      .map(({ seq, uid }) => ({ item: items.calls + Number(seq) - 1, uid: String(uid), isCause: false })),
  ]
  return {
    uid: other.uid,
    title: other.label,
    facts: other.facts.map(([label, value]) => ({ label, value })),
    run: null,
    episode: null,
    episodeUid: null,
    links: links.filter(({ item: at }) => at >= 0).map((link) => ({ ...link, p: 1 })),
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function place(row: Readonly<Record<string, unknown>>): string | null {
  return row.file === null ? null : `${row.file}:${row.line}`
}
