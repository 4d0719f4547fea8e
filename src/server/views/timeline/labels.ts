// What stands on a bar or beside a mark: asked for when it is drawn, because a million texts are too many to keep.

import type { CaseStore } from '../../../store/cases/case-store.ts'
import type { Items } from './items.ts'

/** Characters of a label; a command can be a megabyte. */
const labelMax = 90

/** Of an event, what the page calls it: destination with its port, or the name asked for. */
export const eventLabel = `concat_ws(' ', CASE WHEN disposition = 'blocked' THEN 'blocked' END,
  coalesce(nullif(name, ''), dst, '?') || CASE WHEN port IS NULL THEN '' ELSE ':' || port::VARCHAR END, nullif(rule, ''))`
export const callLabel = `CASE WHEN coalesce(command, '') = '' THEN coalesce(name, '?') ELSE command END`

/** Labels by number of item. */
export async function labelsOf(
  store: CaseStore,
  items: Items,
  numbers: readonly number[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, string>> {
  const labels = new Map<number, string>()
  const calls = new Map<string, number>()
  const seqs: number[] = []
  for (const item of numbers) {
    if (item < items.calls) calls.set(items.callUids[item]!, item)
    else if (item < items.calls + items.events) seqs.push(item - items.calls + 1)
    else labels.set(item, (items.others[item - items.calls - items.events]?.label ?? '').slice(0, labelMax))
  }
  const options = { signal, rowsMax: numbers.length, textMax: labelMax }
  const [ofCalls, ofEvents] = await Promise.all([
    calls.size === 0
      ? []
      : store.rows(
          `SELECT uid, left(${callLabel}, ${labelMax}) AS label FROM calls WHERE uid IN (SELECT unnest($1))`,
          [[...calls.keys()]],
          { ...options, textMax: 500 },
        ),
    seqs.length === 0
      ? []
      : // The bounds let whole parts of the table be passed over: events lie by time.
        store.rows(
          `SELECT seq, left(${eventLabel}, ${labelMax}) AS label FROM events
           WHERE seq BETWEEN $1 AND $2 AND seq IN (SELECT unnest(string_split($3, ','))::BIGINT)`,
          [least(seqs), most(seqs), seqs.join(',')],
          options,
        ),
  ])
  for (const { uid, label } of ofCalls) {
    const item = calls.get(String(uid))
    if (item !== undefined) labels.set(item, String(label ?? ''))
  }
  for (const { seq, label } of ofEvents) labels.set(items.calls + Number(seq) - 1, String(label ?? ''))
  return labels
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0)
}
