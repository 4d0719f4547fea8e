// Where a timeline's items come from: all of them in memory, or tile by tile from a server.

import type { Item, Lane, Range, SourceClock, Tone } from './types.ts'

/** Items as columns: index `i` is the same item in each. Codes of tones and shapes are their places in types.ts. */
export interface Columns {
  readonly length: number
  readonly lane: Uint32Array
  readonly row: Uint8Array
  readonly fromUs: Float64Array
  readonly toUs: Float64Array
  readonly tone: Uint8Array
  readonly shape: Uint8Array
  /** How many each stands for. */
  readonly count: Uint32Array
  /** Cells of a histogram instead of items: painted as heights. */
  readonly cells: boolean
  id(index: number): string
  label(index: number): string
}

/** A part of the picture: what begins in its span. */
export interface Part extends Range {
  readonly columns: Columns
  /** Only these indexes need to be looked at. */
  readonly start: number
  readonly end: number
  /** Nothing is further left: what began earlier and reaches in is painted, too. */
  readonly first: boolean
}

/** One end of a link. */
export interface Spot {
  readonly id: string
  readonly lane: number
  readonly row: number
  readonly fromUs: number
  readonly toUs: number
  readonly tone: Tone
}

export interface Arc {
  readonly from: Spot
  readonly to: Spot
  readonly p: number
}

export interface Picture {
  readonly parts: readonly Part[]
  readonly arcs: readonly Arc[]
  /** Finer or further items are on their way. */
  readonly waiting: boolean
}

/** What is about to be painted. */
export interface Window extends Range {
  readonly usPerPixel: number
  /** Lanes in view, pinned ones included, ascending. */
  readonly lanes: readonly number[]
}

export interface Seek {
  /** Of one lane; without it, of all alarms. */
  readonly lane?: number
  /** The one after or before this; without it, the first at or after (or last before) `us`. */
  readonly item?: Item
  readonly us?: number
  readonly direction: 1 | -1
}

/** Counts over the whole case in equal steps. */
export interface Density {
  readonly calls: ArrayLike<number>
  readonly grave: ArrayLike<number>
}

export interface TimelineSource {
  readonly bounds: Range
  readonly lanes: readonly Lane[]
  /** Rows of stacked bars of each lane. */
  readonly rows: ArrayLike<number>
  readonly clocks: readonly SourceClock[]
  density(columns: number): Density
  /** At once, from what is there; what is missing is asked for, and `onChange` called when it has come. */
  picture(window: Window): Picture
  /** All links of an item that are known by now. */
  arcsOf(id: string): readonly Arc[]
  locate(id: string): Promise<Item | undefined>
  seek(seek: Seek): Promise<Item | undefined>
  onChange: (() => void) | undefined
  close(): void
}
