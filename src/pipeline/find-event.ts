// Finds the event that a pasted log line stands for, in what `investigate` wrote.

import { canonicalIp } from '../base/ip.ts'
import type { AttributionLine } from '../schema/summary.ts'

export interface Match {
  readonly line: AttributionLine
  /** How many events fit the text equally well. */
  readonly alike: number
}

const uidShape = /^e[0-9a-f]{16}-\d+$/

/** True for an event's uid as it stands in attributions.jsonl. */
export function isEventUid(text: string): boolean {
  return uidShape.test(text.trim())
}

/**
 * Looks for the event whose own words stand in a pasted text: its time as the source wrote it, its addresses, port, rule
 * and name. Without a match when no event has its time or all of its ends in the text.
 */
export class EventFinder {
  readonly #text: string
  #best: AttributionLine | undefined
  #bestScore = 0
  #alike = 0

  constructor(pasted: string) {
    this.#text = `${pasted} ${needlesOf(pasted).join(' ')}`
  }

  add(line: AttributionLine): void {
    const score = scoreOf(line.event, this.#text)
    if (score === 0 || score < this.#bestScore) return
    if (score > this.#bestScore) {
      this.#best = line
      this.#bestScore = score
      this.#alike = 0
    }
    this.#alike++
  }

  get match(): Match | undefined {
    return this.#best && { line: this.#best, alike: this.#alike }
  }
}

const addressesMax = 16

/**
 * The addresses a pasted text names, as they stand in our files, whatever its own spelling of them. An event that
 * the text stands for has one of them in its line; with none, any event may be meant.
 */
export function needlesOf(pasted: string): string[] {
  const found = new Set<string>()
  for (const [token] of pasted.matchAll(/[0-9A-Fa-f:.]{3,45}/g)) {
    // `10.0.0.1:443` and a sentence's last point.
    for (const text of [token, token.replace(/[.:]+$/, ''), token.replace(/:\d{1,5}$/, '')]) {
      const ip = /[.:].*[.:]/.test(text) ? canonicalIp(text) : undefined
      if (ip !== undefined && found.size < addressesMax) found.add(ip)
    }
  }
  return [...found]
}

function scoreOf(event: AttributionLine['event'], pasted: string): number {
  const time = event.sourceTime !== '' && has(pasted, event.sourceTime)
  const dst = event.dst !== '' && has(pasted, event.dst)
  const src = event.src !== '' && has(pasted, event.src)
  const port = event.port !== null && has(pasted, String(event.port))
  if (!time && !(dst && src && port)) return 0
  const rule = event.rule !== null && pasted.includes(event.rule)
  const name = event.name !== null && pasted.toLowerCase().includes(event.name)
  const disposition = event.disposition !== null && pasted.includes(event.disposition)
  return (
    (time ? 100 : 0) +
    (dst ? 40 : 0) +
    (src ? 40 : 0) +
    (port ? 10 : 0) +
    (rule ? 30 : 0) +
    (name ? 5 : 0) +
    (disposition ? 2 : 0) -
    (event.rule !== null && !rule ? 15 : 0)
  )
}

/** As a whole word: port 44 does not stand in 443. */
function has(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!isWord(text[at - 1]) && !isWord(text[at + word.length])) return true
  }
  return false
}

function isWord(char: string | undefined): boolean {
  return char !== undefined && /[\w]/.test(char)
}
