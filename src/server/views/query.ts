// The processes for people's SQL, one set a case, and their saved queries.

import { join } from 'node:path'
import type { CaseStore } from '../../store/cases/case-store.ts'
import { clearScratch, openQueryProcess, type QueryProcess } from '../../store/cases/query-process.ts'
import { SavedQueries } from '../../store/cases/saved-queries.ts'

/** Cases with a process kept ready; of more, the one asked longest ago is closed. */
const openMax = 3

const open = new Map<string, QueryProcess>()

/** `scratch`: a folder of ours for exports on their way out. */
export function queriesOf({ database }: CaseStore, scratch: string): QueryProcess {
  const there = open.get(database)
  if (there) {
    open.delete(database)
    open.set(database, there)
    return there
  }
  if (open.size === 0) clearScratch(scratch)
  const made = openQueryProcess(database, scratch)
  open.set(database, made)
  for (const [path, queries] of open) {
    if (open.size <= openMax) break
    // One that runs something is not cut off; the next to come closes it.
    if (queries.running > 0) continue
    queries.close()
    open.delete(path)
  }
  return made
}

/** Stops a query wherever it runs; whether there was one. */
export function cancelQuery(id: string): boolean {
  return [...open.values()].map((queries) => queries.cancel(id)).includes(true)
}

/** Ends all of them, for a server that stops. */
export function closeQueries(): void {
  for (const queries of open.values()) queries.close()
  open.clear()
}

export function savedQueriesIn(stateFolder: string): SavedQueries {
  return new SavedQueries(join(stateFolder, 'queries'))
}
