// What was refused, by reason: alike reasons count as one, and the first few of each are kept.

import { plain } from '../../base/terminal.ts'
import type { RejectReason } from './api.ts'

const reasonsMax = 100
const examplesMax = 3
const textChars = 300

export class RejectReasons {
  readonly #reasons = new Map<
    string,
    { reason: string; count: number; examples: RejectReason['examples'][number][] }
  >()

  add(reject: {
    readonly file: string
    readonly line: number
    readonly reason: string
    readonly text: string
  }): void {
    const key = alike(reject.reason)
    let known = this.#reasons.get(key)
    if (!known) {
      const full = this.#reasons.size >= reasonsMax
      const at = full ? 'other reasons' : key
      known = this.#reasons.get(at) ?? {
        reason: full ? at : plain(reject.reason, 160),
        count: 0,
        examples: [],
      }
      this.#reasons.set(at, known)
    }
    known.count++
    if (known.examples.length >= examplesMax) return
    const { file, line, text } = reject
    known.examples.push({ file: plain(file, textChars), line, text: plain(text, textChars) })
  }

  /** The commonest first. */
  list(): RejectReason[] {
    return [...this.#reasons.values()].sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1))
  }
}

/** A parser's message quotes what it stumbled over: only its kind counts. */
function alike(reason: string): string {
  return reason
    .slice(0, 300)
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '…')
    .replace(/\d+/g, '#')
    .replace(/^(not JSON):.*$/s, '$1')
}
