// When the connections of investigations were, per minute: read once from what they wrote, a piece at a time.

import { join } from 'node:path'
import type { Source } from '../sources.ts'
import { JournalFollower } from './follower.ts'
import { type Minute, Minutes } from './minutes.ts'
import { msOf, objectOf, readRow } from './rows.ts'

/** Of a larger file the end. */
const behindBytesMax = 64 * 1024 * 1024
/** Over all cases; what comes later is left out. */
const bytesMax = 1024 * 1024 * 1024
const casesMax = 1_000

interface ReadCase {
  readonly follower: JournalFollower
  minutes: Minutes
  isRead: boolean
  lookedAt: number
}

/** A case may be investigated anew into the same folder. */
const lookAgainMs = 5_000

export class CaseMinutes {
  readonly #cases = new Map<string, ReadCase>()
  #bytes = 0

  /** Takes in the cases there are. */
  keep(sources: readonly Source[]): void {
    const there = new Set(sources.map(({ id }) => id))
    for (const id of this.#cases.keys()) if (!there.has(id)) this.#cases.delete(id)
    for (const { id, folder } of sources) {
      if (this.#cases.has(id) || this.#cases.size >= casesMax) continue
      const follower = new JournalFollower(join(folder, 'attributions.jsonl'), { behindBytesMax })
      this.#cases.set(id, { follower, minutes: new Minutes(), isRead: false, lookedAt: 0 })
    }
  }

  /** Reads a piece of one. True when there is more to read at once. */
  read(now: number): boolean {
    if (this.#bytes > bytesMax) return false
    for (const one of this.#cases.values()) {
      if (one.isRead && now - one.lookedAt < lookAgainMs) continue
      one.lookedAt = now
      const before = one.follower.position
      const { lines, more, gap } = one.follower.pull()
      if (gap === 'replaced') one.minutes = new Minutes()
      for (const line of lines) count(one.minutes, line)
      this.#bytes += Math.max(0, one.follower.position - before)
      one.isRead = !more
      if (lines.length > 0) return true
    }
    return false
  }

  /** Cases whose connections are still to be counted, or are too many to be. */
  get unread(): number {
    return [...this.#cases.values()].filter(({ isRead }) => !isRead).length
  }

  /** Of each case. */
  *values(): Iterable<Iterable<Minute>> {
    for (const { minutes } of this.#cases.values()) yield minutes
  }
}

function count(minutes: Minutes, line: string): void {
  const event = objectOf(readRow(line)?.event)
  const ms = msOf(event?.time)
  const disposition = event?.disposition
  if (ms === undefined || event?.class !== 'network_activity') return
  if (disposition === 'allowed' || disposition === 'blocked') minutes.add(ms, disposition, 1)
}
