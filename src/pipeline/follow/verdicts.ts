// An answer in numbers, before it is put into words, and what makes a later one a revision.

import { attributionDefaults } from '../../attribution/api.ts'

export const verdicts = ['not-attributable', 'likely', 'attributed'] as const
export type Verdict = (typeof verdicts)[number]

/** A probability that has moved by less is the same answer. */
const movedMin = 0.1

export interface Finding {
  readonly row: number
  /** Running numbers of calls, the most probable first. */
  readonly calls: readonly number[]
  readonly p: readonly number[]
  readonly pNone: number
  /** Index into `tiers`. */
  readonly tier: number
  readonly us: number
  /** Text id in the window. */
  readonly box: number
  /** Best name known of the destination, text id in the window. */
  readonly name: number
}

/** Index into `verdicts`. */
export function verdictAt(p: number): number {
  return p >= attributionDefaults.attributed ? 2 : p >= attributionDefaults.likely ? 1 : 0
}

export interface Before {
  readonly verdict: number
  /** The first candidate, whatever its probability; -1 none. */
  readonly call: number
  readonly p: number
}

/** What somebody who acts on answers has to be told of; nothing where the answer is the same. */
export function changes(before: Before, after: Before): ('verdict' | 'toolCall' | 'p')[] {
  const out: ('verdict' | 'toolCall' | 'p')[] = []
  if (before.verdict !== after.verdict) out.push('verdict')
  // Below 0.5 no call is named, so that another one comes first is no news.
  if (before.call !== after.call && (before.verdict > 0 || after.verdict > 0)) out.push('toolCall')
  if (Math.abs(before.p - after.p) >= movedMin) out.push('p')
  return out
}
