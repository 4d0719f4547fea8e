import type { Hub } from './hub.ts'
import type { LiveRuns } from './live/live-runs.ts'
import type { Role } from './roles.ts'
import type { Source, Sources } from './sources.ts'

/** What an endpoint is handed beside its input. */
export interface Context {
  readonly role: Role
  /** Who asks, for a record of it: role and address. */
  readonly who: string
  /** Parameters of the path. */
  readonly params: Readonly<Record<string, string>>
  readonly sources: Sources
  /** The source that `:source` of the path names. Throws a Problem (404) when there is none. */
  source(): Source
  readonly hub: Hub
  readonly live: LiveRuns
  /** Where what people write here is kept: notes, saved queries. Made when first written to. */
  readonly stateFolder: string
  /** What can be made again at any time. */
  readonly cacheFolder: string
  /** Ends when whoever asked has gone. */
  readonly signal: AbortSignal
}
