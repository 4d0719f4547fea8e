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
const keptMax = 12

export interface CaseTimeline {
  readonly store: CaseStore
  readonly items: Items
  readonly summary: ItemSummary
  lanes(by: Grouping): Promise<Lanes>
}

interface Kept {
  readonly timeline: Promise<CaseTimeline>
  items: number
}
const kept = new Map<string, Kept>()

/** Builds it when first asked for; asked for at once, it is built once. */
export function caseTimeline(store: CaseStore, source: Source): Promise<CaseTimeline> {
  const key = `${source.id} ${store.key}`
  const known = use(key)
  if (known) return known.timeline
  // Whoever asked first may go away: others wait for the same, so it is not ended.
  const made: Kept = { timeline: build(store, source), items: 0 }
  kept.set(key, made)
  made.timeline.then(
    ({ items }) => {
      made.items = items.length
      makeRoom()
    },
    () => kept.delete(key),
  )
  return made.timeline
}

/**
 * The one of that version, if it is in memory. A run that goes on has a new version every few seconds: a page that
 * still shows the one before gets its tiles without waiting for the next.
 */
export function knownTimeline(source: Source, version: string): Promise<CaseTimeline> | undefined {
  return use(`${source.id} ${version}`)?.timeline
}

function use(key: string): Kept | undefined {
  const known = kept.get(key)
  if (known) {
    kept.delete(key)
    kept.set(key, known)
  }
  return known
}

async function build(store: CaseStore, source: Source): Promise<CaseTimeline> {
  const others = [...(await findingsAndIncidents(store)), ...(await recordedItems(store, source))]
  const items = await loadItems(store, others)
  const byGrouping = new Map<Grouping, Promise<Lanes>>()
  const summary = await summarise(items)
  return {
    store,
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
  let total = [...kept.values()].reduce((sum, { items }) => sum + items, 0)
  for (const [key, { items }] of kept) {
    if (kept.size <= 1 || (total <= keptItemsMax && kept.size <= keptMax)) break
    kept.delete(key)
    total -= items
  }
}
