// One recording that is watched: where its journal was read to, and what came of it.

import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { quietly } from '../../base/quietly.ts'
import type { RunFile } from '../../schema/journal.ts'
import { readRunFile } from '../../store/run-file.ts'
import type { Source } from '../sources.ts'
import { JournalFollower } from './follower.ts'
import type { RunFinding } from './known-findings.ts'
import { msOf, readRow } from './rows.ts'
import { type RunAct, RunLog } from './run-log.ts'

/** More than this of one journal is not read: of what is longer, the end. */
const behindBytesMax = 64 * 1024 * 1024
/** A recording that was not there at the start and speaks of times this long ago was put there; that is no news. */
const newsMsMax = 60 * 60_000

/** What a piece of the journal told that is new since the server runs. */
export interface RunNews {
  readonly findings: readonly { readonly finding: RunFinding; readonly isNew: boolean }[]
  readonly acts: readonly RunAct[]
  readonly allowed: number
  readonly blocked: number
}

export class WatchedRun {
  readonly source: Source
  readonly #follower: JournalFollower
  /** Up to here the journal was written before anybody watched. */
  #historyEnd: number
  log = new RunLog()
  isLive = false
  run: RunFile | undefined
  /** Everything that was there when it was first looked at has been read. */
  isRead = false

  constructor(source: Source, wasThere: boolean) {
    this.source = source
    const path = join(source.folder, 'journal.jsonl')
    this.#follower = new JournalFollower(path, { behindBytesMax })
    this.#historyEnd = wasThere ? (quietly(() => lstatSync(path).size) ?? 0) : 0
    this.lookAtEnd()
  }

  /** Bytes at the beginning of the journal, or where too much came at once, that were not read. */
  get skippedBytes(): number {
    return this.#follower.skippedBytes
  }

  get longLines(): number {
    return this.#follower.longLines
  }

  /** Reads what run.json says of it. */
  lookAtEnd(): void {
    this.run = readRunFile(this.source.folder)
  }

  /** Why it was stopped; null when it was not, as far as is known. */
  get stoppedBy(): string | null {
    return this.run?.stoppedBy ?? null
  }

  /** Reads a piece of at most 256 KiB. `more`: there is more to read at once. */
  pull(now: number): { readonly news: RunNews; readonly more: boolean; readonly bytes: number } {
    const before = this.#follower.position
    const { lines, more, gap } = this.#follower.pull()
    if (gap === 'replaced') {
      this.log = new RunLog()
      this.#historyEnd = 0
    } else if (gap === 'skipped') this.log.gap()
    const isHistory = gap !== 'replaced' && before < this.#historyEnd
    const findings = new Map<string, { finding: RunFinding; isNew: boolean }>()
    const acts: RunAct[] = []
    const { allowed, blocked } = this.log
    for (const line of lines) {
      const row = readRow(line)
      const told = row && this.log.see(row)
      if (!told || isHistory || now - (msOf(row.time) ?? 0) > newsMsMax) continue
      if (told.type === 'act') acts.push(told.act)
      else {
        const { finding, isNew } = told
        findings.set(finding.uid, { finding, isNew: isNew || findings.get(finding.uid)?.isNew === true })
      }
    }
    if (!more) this.isRead = true
    const news = {
      findings: [...findings.values()],
      acts,
      allowed: isHistory ? 0 : this.log.allowed - allowed,
      blocked: isHistory ? 0 : this.log.blocked - blocked,
    }
    return { news, more, bytes: Math.max(0, this.#follower.position - before) }
  }
}
