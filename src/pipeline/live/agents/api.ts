// What is known of an agent CLI: one file each beside this one.

import type { StateFolder } from '../../../sandboxes/mount-plan.ts'

export interface AgentPlace {
  /** The user's home, the same path inside. */
  readonly home: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The words behind the program's name. */
  readonly words: readonly string[]
  /** Text of a file of the user's, undefined when there is none. */
  readonly read: (path: string) => string | undefined
}

export interface AgentSettings {
  /** Words put before the command's own. */
  readonly words?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Made for this run, read-only inside. */
  readonly files?: readonly { readonly path: string; readonly text: string; readonly mode?: number }[]
  /** What a person should know. */
  readonly notes?: readonly string[]
}

export interface KnownAgent {
  readonly name: string
  /** In policy/presets. */
  readonly preset: string
  /** Its own keys, which it can't work without. */
  readonly passEnv: readonly string[]
  /** Below home: a private copy, so that what a run changes there is gone with it. */
  readonly state: readonly StateFolder[]
  /** How its hooks and telemetry are turned on for this run, without a change to the user's own settings. */
  configure(place: AgentPlace): AgentSettings
}
