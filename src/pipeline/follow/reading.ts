// Reads on in all files that have grown, a piece of each in turn.

import type { FollowLimits, FollowProblem } from './api.ts'
import type { Arrived } from './chunk.ts'
import type { Checkpoint, FollowedFile } from './followed-file.ts'
import type { Inventory } from './inventory.ts'

/** Bytes of one file that are read before the next file has its turn, and of all before answers have theirs. */
const fileBytes = 1024 * 1024
const roundBytes = 4 * 1024 * 1024
/** A file that has not grown for so long is looked at only when all are. */
const activeMs = 60_000
/** Fewer files than this are all looked at often. */
const fewFiles = 200

interface Began {
  readonly at: Checkpoint
  eventsTo: number
  callsTo: number
}

export class Reading {
  readonly #inventory: Inventory
  readonly #limits: FollowLimits
  readonly #onProblem: (problem: FollowProblem) => void
  readonly #now: () => number
  readonly #grown = new Map<FollowedFile, number>()
  /** Where rows that are still in the window began, by file, the oldest first. */
  readonly #began = new Map<FollowedFile, Began[]>()
  #turn = 0

  constructor(
    inventory: Inventory,
    limits: FollowLimits,
    onProblem: (problem: FollowProblem) => void,
    now: () => number,
  ) {
    this.#inventory = inventory
    this.#limits = limits
    this.#onProblem = onProblem
    this.#now = now
  }

  /** What has come. `all`: look at every file. `last`: lines without an end are read too. `more`: there is more to read. */
  async round(all: boolean, last: boolean): Promise<{ arrived: Arrived[]; more: boolean }> {
    const files = [...this.#inventory.files.values()].filter(({ over }) => !over)
    const arrived: Arrived[] = []
    let left = roundBytes
    let more = false
    for (let k = 0; k < files.length; k++) {
      const file = files[(k + this.#turn) % files.length]!
      if (!all && files.length > fewFiles && this.#now() - (this.#grown.get(file) ?? 0) > activeMs) continue
      const hasMore = await this.#inventory.refresh(file, last)
      if (!hasMore) continue
      if (left <= 0) {
        more = true
        break
      }
      const before = { offset: file.offset, lines: file.lines, events: file.sink.events }
      const rows = await this.#read(file, last)
      left -= file.mode === 'whole' ? fileBytes : file.offset - before.offset
      if (file.offset > before.offset) {
        this.#grown.set(file, this.#now())
        if (file.mode !== 'whole' && file.offset < file.size) more = true
      }
      if (rows) arrived.push({ file, rows })
      if (rows && rows.batch.events.n + rows.batch.calls.n > 0) {
        const list = this.#began.get(file) ?? []
        list.push({ at: before, eventsTo: Number.NaN, callsTo: Number.NaN })
        this.#began.set(file, list)
      }
      this.#inventory.noteRead(file)
    }
    this.#turn++
    if (all) this.#closeSome()
    return { arrived, more }
  }

  async #read(file: FollowedFile, last: boolean) {
    try {
      return await file.read(fileBytes, last)
    } catch (error) {
      file.close()
      this.#onProblem({
        where: file.path,
        what: `it can't be read: ${error instanceof Error ? error.message : String(error)}`,
      })
      return undefined
    }
  }

  /** The rows that were just read end before these running numbers; 0 where there are none of the kind. */
  numbered(file: FollowedFile, eventsTo: number, callsTo: number): void {
    const last = this.#began.get(file)?.at(-1)
    if (last && Number.isNaN(last.eventsTo)) {
      last.eventsTo = eventsTo
      last.callsTo = callsTo
    }
  }

  /** Rows before these are gone from the window. */
  forget(firstEvent: number, firstCall: number): void {
    for (const [file, list] of this.#began) {
      const kept = list.findIndex(
        ({ eventsTo, callsTo }) => !(eventsTo <= firstEvent && callsTo <= firstCall),
      )
      if (kept < 0) this.#began.delete(file)
      else if (kept > 0) list.splice(0, kept)
    }
  }

  /** Where to read on after a restart so that the window is as it was. */
  resumeOf = (file: FollowedFile): Checkpoint => {
    const first = this.#began.get(file)?.[0]?.at
    return first ?? { offset: file.offset, lines: file.lines, events: file.sink.events }
  }

  /** Files open at once have a maximum: those that grew last stay open. */
  #closeSome(): void {
    const open = [...this.#inventory.files.values()].filter(({ fd }) => fd !== undefined)
    for (const file of open) this.#inventory.retireIfGone(file)
    if (open.length <= this.#limits.openFiles) return
    open.sort((a, b) => (this.#grown.get(a) ?? 0) - (this.#grown.get(b) ?? 0))
    for (const file of open.slice(0, open.length - this.#limits.openFiles)) file.close()
  }
}
