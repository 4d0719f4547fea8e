// Watches every recording there is: reads finished ones once, follows the others, and tells the hub what is new.

import { existsSync } from 'node:fs'
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Hub } from '../hub.ts'
import type { Source, Sources } from '../sources.ts'
import type { LiveMessage } from '../wire/live.ts'
import { CaseMinutes } from './case-minutes.ts'
import type { RunFinding } from './known-findings.ts'
import type { Minute } from './minutes.ts'
import { type RunNews, WatchedRun } from './watched-run.ts'

/** Between two looks at the journals of live runs. */
const pollMs = 150
/** Between two looks at those that have ended: one may be gone on with. */
const endedPollMs = 2_000
/** One that was just found may be about to open its socket. */
const youngMs = 10_000
/** One that is written without a socket of ours (over a network's disk, say) is followed as long as it grows. */
const activeMs = 60_000
/** A recording is gone when it was not seen for so long. */
const missedMs = 2_000
/** Between two questions whether a run still lives, with few of them; more are asked less often. */
const aliveMs = 2_000
const aliveEachMs = 20
/** Of recordings that had ended before, so much is read in all; newest first. */
const historyBytesMax = 1024 * 1024 * 1024
/** Runs that are watched at once; of more the newest. */
const runsMax = 5_000
const trafficMs = 1_000
/** run.json is written behind the seal. */
const runFileMs = 5_000

interface Tracked {
  readonly run: WatchedRun
  readonly foundAt: number
  pulledAt: number
  grewAt: number
  askedAt: number
  asking: boolean
  allowed: number
  blocked: number
  toldAt: number
  endedAt: number | undefined
  missedAt: number | undefined
}

export interface LiveRunsOptions {
  readonly sources: Sources
  readonly hub: Hub
  /** Told of each finding that is new since the server runs. */
  readonly onFinding?: (source: Source, finding: RunFinding) => void
  /** A fault of ours, for the terminal. */
  readonly report: (error: unknown) => void
}

export class LiveRuns {
  readonly #options: LiveRunsOptions
  readonly #tracked = new Map<string, Tracked>()
  readonly #cases = new CaseMinutes()
  readonly #ended = new AbortController()
  #historyBytes = 0
  #lookedOnce = false
  #seen: readonly Source[] | undefined
  /** Some that were there were not seen the last time. */
  #missing = false
  #live = 0

  constructor(options: LiveRunsOptions) {
    this.#options = options
  }

  /** Begins to watch; {@link close} ends it. */
  start(): void {
    void this.#loop()
  }

  close(): void {
    this.#ended.abort()
  }

  /** What is watched now. */
  runs(): readonly WatchedRun[] {
    return [...this.#tracked.values()].map(({ run }) => run)
  }

  get(id: string): WatchedRun | undefined {
    return this.#tracked.get(id)?.run
  }

  /** Connections per minute, of each run and each investigation. */
  minutes(): readonly Iterable<Minute>[] {
    return [...this.runs().map(({ log }) => log.minutes), ...this.#cases.values()]
  }

  /** How many recordings are still to be read, or were not because there are too many. */
  get unread(): number {
    let count = 0
    for (const { run } of this.#tracked.values()) if (!run.isRead) count++
    return count
  }

  /** Likewise of investigations, for their connections per minute. */
  get unreadCases(): number {
    return this.#cases.unread
  }

  async #loop(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      let busy = false
      try {
        this.#look()
        busy = this.#follow()
        busy = this.#catchUp() || busy
        busy = this.#cases.read(Date.now()) || busy
      } catch (error) {
        this.#options.report(error)
      }
      // Requests have their turn between two pieces.
      if (busy) await setImmediate()
      else await setTimeout(pollMs, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  /** Takes in what came and drops what went. */
  #look(): void {
    const now = Date.now()
    const all = this.#options.sources.all()
    if (all === this.#seen && !this.#missing) return
    this.#seen = all
    this.#missing = false
    this.#cases.keep(all.filter(({ kind }) => kind === 'case'))
    const sources = all.filter(({ kind }) => kind === 'recording')
    const there = new Set<string>()
    for (const source of sources.slice(0, runsMax)) {
      there.add(source.id)
      if (this.#tracked.has(source.id)) continue
      const run = new WatchedRun(source, !this.#lookedOnce)
      run.isLive = maybeLive(source)
      this.#tracked.set(source.id, {
        run,
        foundAt: this.#lookedOnce ? now : 0,
        pulledAt: 0,
        grewAt: 0,
        askedAt: 0,
        asking: false,
        allowed: 0,
        blocked: 0,
        toldAt: 0,
        endedAt: undefined,
        missedAt: undefined,
      })
      if (this.#lookedOnce) this.#tell({ type: 'source', source: source.id })
    }
    for (const [id, tracked] of this.#tracked) {
      if (there.has(id)) tracked.missedAt = undefined
      else tracked.missedAt ??= now
      // What could not be looked at for a moment is not gone, and not new afterwards.
      if (tracked.missedAt === undefined) continue
      if (now - tracked.missedAt < missedMs) {
        this.#missing = true
        continue
      }
      this.#tracked.delete(id)
      this.#tell({ type: 'source', source: id })
    }
    this.#lookedOnce = true
  }

  /** A piece of each run that goes on. True when there is more to read at once. */
  #follow(): boolean {
    const now = Date.now()
    let busy = false
    let live = 0
    for (const tracked of this.#tracked.values()) {
      const { run, foundAt } = tracked
      if (run.isLive) live++
      const isActive = run.isLive || now - foundAt < youngMs || now - tracked.grewAt < activeMs
      if (!isActive && (!run.isRead || now - tracked.pulledAt < endedPollMs)) continue
      if (this.#pull(tracked, now)) busy = true
      this.#askAlive(tracked, now)
    }
    this.#live = live
    return busy
  }

  /** A piece of one that had ended before the server began. */
  #catchUp(): boolean {
    if (this.#historyBytes > historyBytesMax) return false
    for (const tracked of this.#tracked.values()) {
      if (tracked.run.isRead || tracked.run.isLive) continue
      this.#pull(tracked, Date.now())
      return true
    }
    return false
  }

  #pull(tracked: Tracked, now: number): boolean {
    const { run } = tracked
    tracked.pulledAt = now
    const wasRead = run.isRead
    const { news, more, bytes } = run.pull(now)
    if (wasRead && bytes > 0) tracked.grewAt = now
    if (!run.isLive) this.#historyBytes += bytes
    this.#publish(tracked, news, now)
    return more
  }

  #publish(tracked: Tracked, news: RunNews, now: number): void {
    const { source, log } = tracked.run
    for (const { finding, isNew } of news.findings) {
      const { uid, severity, title, detection, time } = finding
      this.#tell({ type: 'finding', source: source.id, uid, severity, title, detection, time })
      if (isNew) this.#options.onFinding?.(source, finding)
    }
    for (const { act, ok, detail, by, time } of news.acts)
      this.#tell({ type: 'act', source: source.id, act, ok, detail, by, time })
    tracked.allowed += news.allowed
    tracked.blocked += news.blocked
    const { allowed, blocked } = tracked
    if (allowed + blocked === 0 || now - tracked.toldAt < trafficMs) return
    tracked.allowed = 0
    tracked.blocked = 0
    tracked.toldAt = now
    const time = log.lastTime ?? new Date(now).toISOString()
    this.#tell({ type: 'traffic', source: source.id, allowed, blocked, time })
  }

  /** Whether the run still lives, now and then; at once when its journal was sealed. */
  #askAlive(tracked: Tracked, now: number): void {
    const { run } = tracked
    const sealed = run.log.sealed && run.isLive
    const waitsForEnd = tracked.endedAt !== undefined && now - tracked.endedAt < runFileMs
    const dueMs = sealed || waitsForEnd ? pollMs : Math.max(aliveMs, this.#live * aliveEachMs)
    if (tracked.asking || now - tracked.askedAt < dueMs) return
    if (waitsForEnd && run.run?.endedAt === undefined) {
      tracked.askedAt = now
      run.lookAtEnd()
      if (run.run?.endedAt !== undefined) this.#tell({ type: 'source', source: run.source.id })
      return
    }
    if (!run.isLive && !maybeLive(run.source)) return
    tracked.askedAt = now
    tracked.asking = true
    void run.source
      .isLive()
      .then((isLive) => {
        if (isLive === run.isLive && (isLive || tracked.endedAt !== undefined)) return
        run.isLive = isLive
        run.lookAtEnd()
        tracked.endedAt = isLive ? undefined : Date.now()
        // Killed without a seal: what was open is so no longer.
        if (!isLive) run.log.gap()
        this.#tell({ type: 'source', source: run.source.id })
      })
      .catch(this.#options.report)
      .finally(() => {
        tracked.asking = false
      })
  }

  #tell(message: LiveMessage): void {
    this.#options.hub.send(message)
  }
}

function maybeLive({ controlSocket }: Source): boolean {
  return controlSocket !== undefined && existsSync(controlSocket)
}
