// What a timeline shows, free of where it comes from: lanes, items on them, links between items.

/** `pinned` lanes stay at the foot of the picture while the others scroll. */
export interface Lane {
  readonly id: string
  readonly label: string
  readonly note?: string
  readonly pinned?: boolean
}

/** Colour by meaning; the theme's custom properties say which. */
export type Tone = 'plain' | 'cause' | 'likely' | 'grave' | 'open'

export interface Item {
  readonly id: string
  /** Index into `lanes`. */
  readonly lane: number
  /** µs on the reference clock. */
  readonly fromUs: number
  readonly toUs: number
  readonly label: string
  readonly tone: Tone
  /** `bar` has a length, `tick` and `alarm` are moments. */
  readonly shape: 'bar' | 'tick' | 'alarm'
}

/** Cause and effect, weighted by probability; indexes into `items`. */
export interface Link {
  readonly from: number
  readonly to: number
  readonly p: number
}

/** A source clock that ran differently: it is drawn as a second axis. Positive: ahead of the reference. */
export interface SourceClock {
  readonly name: string
  readonly offsetUs: number
}

export interface TimelineModel {
  readonly lanes: readonly Lane[]
  readonly items: readonly Item[]
  readonly links: readonly Link[]
  readonly clocks: readonly SourceClock[]
}

export type Zone = 'utc' | 'local'

export interface TimelineOptions {
  readonly zone: Zone
  /** For readers who cannot see the picture. */
  readonly label: string
  readonly onSelect: (item: Item | undefined) => void
  /** Lines of the tooltip. */
  readonly describe: (item: Item) => readonly string[]
}

export interface Timeline {
  /** Brings a span into view, with a margin. */
  show(fromUs: number, toUs: number): void
  showAll(): void
  /** Marks an item and its links; brings it into view when it is not. `undefined` clears. */
  select(id: string | undefined): void
  setZone(zone: Zone): void
  /** Draws the second axis of that clock, or none. */
  setClock(name: string | undefined): void
  /** After a change of theme or size. */
  redraw(): void
  destroy(): void
}
