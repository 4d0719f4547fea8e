// How a preset is written: hosts, each with the reason and the page that says so.

export interface PresetHost {
  /** A name, or `*.` and a name. */
  readonly host: string
  /** Default 443 and 80. */
  readonly ports?: readonly number[]
  readonly protocols?: readonly string[]
  readonly methods?: readonly string[]
  readonly paths?: readonly string[]
  /** What it is needed for; shown with decisions. */
  readonly why: string
}

export interface Preset {
  readonly name: string
  /** One line for people who choose. */
  readonly title: string
  /** Where the list comes from. */
  readonly sources: readonly string[]
  /** What it leaves open that one may not expect. */
  readonly caution?: string
  readonly hosts: readonly PresetHost[]
}
