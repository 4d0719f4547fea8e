// What was wrong with one record of an input; it is counted, located and kept.

export interface Issue {
  /** 1-based line, or the record's index for binary inputs. */
  readonly line: number
  readonly reason: string
  /** The refused record, cut at `rejectTextChars`. */
  readonly text: string
}

export const rejectTextChars = 500
