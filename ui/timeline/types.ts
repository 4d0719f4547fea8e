// What a timeline shows, free of where it comes from: lanes, items on them, links between items.

/** `pinned` lanes stay at the foot of the picture while the others scroll. */
export interface Lane {
  readonly id: string
  readonly label: string
  readonly note?: string
  readonly pinned?: boolean
  /** Lanes of one group stand side by side and fold together; the first names the group. */
  readonly group?: string
  /** What its items are, for whoever shows and hides by kind. */
  readonly kind?: string
}

/** Colour by meaning; the theme's custom properties say which. From what is painted first to what lies above. */
export const tones = ['plain', 'open', 'likely', 'cause', 'grave'] as const
export type Tone = (typeof tones)[number]

/** `bar` has a length, `tick` and `alarm` are moments. */
export const shapes = ['bar', 'tick', 'alarm'] as const
export type Shape = (typeof shapes)[number]

export interface Item {
  /** Empty for what stands for several. */
  readonly id: string
  /** Index into `lanes`. */
  readonly lane: number
  /** µs on the reference clock. */
  readonly fromUs: number
  readonly toUs: number
  readonly label: string
  readonly tone: Tone
  readonly shape: Shape
  /** More than one: so many of the same tone in this span, drawn as one. */
  readonly count?: number
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

/** A whole case that fits into memory. */
export interface TimelineModel {
  readonly lanes: readonly Lane[]
  readonly items: readonly Item[]
  readonly links: readonly Link[]
  readonly clocks: readonly SourceClock[]
}

/** `utc`, `local` (of this computer), or an IANA name such as `Europe/Rome`. */
export type Zone = string

export interface Range {
  readonly fromUs: number
  readonly toUs: number
}

export interface TimelineOptions {
  readonly zone: Zone
  /** For readers who cannot see the picture. */
  readonly label: string
  readonly onSelect: (item: Item | undefined) => void
  /** Lines of the tooltip. */
  readonly describe: (item: Item) => readonly string[]
  /** A range was chosen by shift-drag, or given up. Without it, shift-drag moves like any other. */
  readonly onBrush?: (range: Range | undefined) => void
  /** The span or the items in view have changed. */
  readonly onView?: () => void
  /** It is the page, not a picture in one: the wheel and fingers scroll its lanes, Ctrl and the wheel zoom. */
  readonly fills?: boolean
  /** Says aloud what the keys have chosen. A page whose details are a live region does so itself. */
  readonly announces?: boolean
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
  /** Shades what lies outside. */
  setBrush(range: Range | undefined): void
  /** Shows only lanes for which `shown` holds; undefined shows all. Pinned lanes are asked, too. */
  setShown(shown: ((lane: Lane) => boolean) | undefined): void
  /** Folds the lanes of every group into one strip, or unfolds all. */
  foldAll(folded: boolean): void
  span(): Range
  /** What is in view, by time, and how many more there are. */
  inView(max: number): { readonly items: readonly Item[]; readonly more: number; readonly waiting: boolean }
  /** After a change of theme or size. */
  redraw(): void
  destroy(): void
}
