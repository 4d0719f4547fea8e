// The timelines of the cases that were looked at last, kept in memory: a few dozen megabytes for a million events.

import type { CaseStore } from '../../../store/cases/case-store.ts'
import type { Source } from '../../sources.ts'
import type { groupings } from '../../wire/timeline.ts'
import type { Items } from './items.ts'
import { type Lanes, putInLanes } from './lanes.ts'
import { loadItems } from './load-items.ts'
import { findingsAndIncidents } from './others.ts'
import { recordedItems } from './recorded.ts'
import { type ItemSummary, summarise } from './summarise.ts'

export type Grouping = (typeof groupings)[number]

/** Items of all that are kept; the one not looked at for longest makes room. One alone is always kept. */
const keptItemsMax = 6_000_000

export interface CaseTimeline {
  readonly items: Items
  readonly summary: ItemSummary
  lanes(by: Grouping): Promise<Lanes>
}

const kept = new Map<string, Promise<CaseTimeline>>()
const sizes = new Map<string, number>()

/** Builds it when first asked for; asked for at once, it is built once. */
export function caseTimeline(store: CaseStore, source: Source): Promise<CaseTimeline> {
  const known = kept.get(store.key)
  if (known) {
    kept.delete(store.key)
    kept.set(store.key, known)
    return known
  }
  // Whoever asked first may go away: others wait for the same, so it is not ended.
  const made = build(store, source)
  kept.set(store.key, made)
  made.then(
    ({ items }) => {
      sizes.set(store.key, items.length)
      makeRoom()
    },
    () => kept.delete(store.key),
  )
  return made
}

async function build(store: CaseStore, source: Source): Promise<CaseTimeline> {
  const others = [...(await findingsAndIncidents(store)), ...(await recordedItems(store, source))]
  const items = await loadItems(store, others)
  const byGrouping = new Map<Grouping, Promise<Lanes>>()
  const summary = await summarise(items)
  return {
    items,
    summary,
    lanes(by) {
      const known = byGrouping.get(by)
      if (known) return known
      const made = namesOf(store, items, by).then((nameOf) => putInLanes(items, by, nameOf))
      byGrouping.set(by, made)
      made.catch(() => byGrouping.delete(by))
      return made
    },
  }
}

/** An episode is known by its uid and shown by its name. */
async function namesOf(store: CaseStore, items: Items, by: Grouping): Promise<(index: number) => string> {
  const names = items.names[by]
  if (by === 'step') return (index) => `step ${names[index]}`
  if (by !== 'episode') return (index) => names[index] ?? ''
  const rows = await store.rows('SELECT uid, episode, run, box FROM episodes', [], {
    rowsMax: names.length + 1,
    textMax: 300,
  })
  const shown = new Map(
    rows.map(({ uid, episode, box }) => [String(uid), String(episode ?? `unnamed, in ${box ?? '?'}`)]),
  )
  return (index) => shown.get(names[index] ?? '') ?? ''
}

function makeRoom(): void {
  let total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  for (const [key] of kept) {
    if (total <= keptItemsMax || kept.size <= 1) break
    kept.delete(key)
    total -= sizes.get(key) ?? 0
    sizes.delete(key)
  }
}
