// One stream that is followed: reads, answers, fits, detects, keeps. Everything happens in one loop, one step after the
// other, so that nothing has to be guarded against anything else; only fits and full investigations run beside it.

import type { TopologyEntry } from '../../schema/topology.ts'
import type { Redact } from '../redact.ts'
import { Answers } from './answers.ts'
import type { FollowAnswer, FollowEvent, FollowLimits, FollowOptions, FollowProblem } from './api.ts'
import { type Arrived, chunkOf, topologyOf } from './chunk.ts'
import { clockNews } from './clock-news.ts'
import { DetectionFeed } from './detection-feed.ts'
import type { FitResult } from './fit-job.ts'
import { FitThread } from './fit-thread.ts'
import { Inventory } from './inventory.ts'
import { mergeFit } from './merge-fit.ts'
import { Quick } from './quick.ts'
import { Reading } from './reading.ts'
import { type FollowState, writeState } from './state-file.ts'
import type { StreamDetections } from './stream-detections.ts'
import { Surroundings } from './surroundings.ts'
import type { Finding } from './verdicts.ts'
import { textsMax, unanswered, Window } from './window.ts'

/** Events that are asked about at once. */
const askMax = 2_000
/** Events that wait to be asked about again; beyond it the next fit has to do. */
const againMax = 100_000
const saveEveryMs = 2_000
/** Names that change all the time do not make all files be looked at all the time. */
const hintedMs = 200
const scanRest = 10
const problemsKept = 200

export interface FollowerOptions extends FollowOptions {
  readonly folder: string
  readonly limits: FollowLimits
  /** Everything that is read: the paths, the topology, what was received. */
  readonly inputs: readonly string[]
  readonly from: FollowState
  readonly tell: (event: FollowEvent) => void
  /** Puts fingerprints in place of secrets, in everything that is kept or told. */
  readonly redact: Redact
  readonly now: () => number
}

export class Follower {
  readonly #options: FollowerOptions
  readonly #limits: FollowLimits
  readonly window = new Window()
  readonly #around: Surroundings
  readonly #quick: Quick
  readonly answers: Answers
  readonly inventory: Inventory
  readonly #reading: Reading
  readonly #fits = new FitThread()
  readonly #feed: DetectionFeed
  readonly #again = new Set<number>()
  readonly #waiting: number[] = []
  readonly evicted: Record<string, number> = { events: 0, calls: 0, again: 0 }
  readonly problems: FollowProblem[] = []
  #topology: TopologyEntry[] = []
  #boxes = 0
  #lastScan = Number.NEGATIVE_INFINITY
  #lastSave = Number.NEGATIVE_INFINITY
  #lastEvict = 0
  #dirty = false
  #hinted = false
  #scanRestMs = 0
  #more = false
  /** The fit under way: events that were asked about since it began keep their newer answers. */
  #fitting: { readonly since: Set<number> } | undefined
  #fitted: FitResult | undefined
  #rowsAtFit = -1
  #changes = 0
  #fitEnded = Number.NEGATIVE_INFINITY
  lastFit: FitResult | undefined
  fits = 0
  paged: () => readonly string[] = () => []

  constructor(options: FollowerOptions) {
    this.#options = options
    const { limits, folder, from, controls = [] } = options
    this.#limits = limits
    this.#around = new Surroundings(this.window, limits.events + limits.waiting)
    this.#quick = new Quick(this.window, this.#around, controls)
    this.answers = new Answers(
      this.window,
      `${folder}/answers`,
      limits,
      from.answered,
      (row, box) => this.#around.addAnswered(row, box),
      options.redact,
    )
    this.inventory = new Inventory({
      paths: options.inputs,
      except: folder,
      limits,
      records: from.files,
      onFile: ({ path, found }) => options.tell({ type: 'input', path, format: found.importer.id }),
      onProblem: (problem) => this.problem(problem),
      now: options.now,
    })
    this.#reading = new Reading(this.inventory, limits, (problem) => this.problem(problem), options.now)
    this.#feed = new DetectionFeed(this.window, options.tell, options.now, options.redact)
  }

  get detections(): StreamDetections {
    return this.#feed.detections
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get fitted(): boolean {
    return !this.#fitting && this.#changes === this.#rowsAtFit
  }

  problem(problem: FollowProblem): void {
    this.problems.push(problem)
    if (this.problems.length > problemsKept) this.problems.shift()
    this.#options.tell({ type: 'problem', problem })
  }

  /** What the watcher of the file system heard: all files are looked at in the next step. */
  scanSoon(): void {
    this.#hinted = true
  }

  /** One turn. False when there was nothing to do and nothing is waited for. */
  async step(last = false): Promise<boolean> {
    const { now } = this.#options
    const every = this.#hinted ? Math.min(hintedMs, this.#limits.scanMs) : this.#limits.scanMs
    const scans = last || now() - this.#lastScan >= Math.max(every, this.#scanRestMs)
    if (scans) {
      this.#hinted = false
      const began = now()
      await this.inventory.scan()
      this.#lastScan = now()
      // Where there are very many files, looking for new ones must not be all that is done.
      this.#scanRestMs = scanRest * (this.#lastScan - began)
    }
    let busy = false
    if (this.#waiting.length < this.#limits.waiting) {
      const { arrived, more } = await this.#reading.round(scans, last)
      if (arrived.length > 0) this.#takeIn(arrived)
      this.#more = more
      busy = more || arrived.length > 0
    }
    // Under which name a file is known has to be kept before anything is said of it.
    if (this.inventory.changed) this.save()
    busy = this.#answer() || busy
    if (this.#fitted) await this.#takeFit()
    this.#fitIfDue(busy)
    this.#feed.show(false)
    this.#makeRoom()
    if (this.#dirty && now() - this.#lastSave >= saveEveryMs) this.save()
    return busy || this.#waiting.length > 0
  }

  /** More lies there than one turn takes. */
  get behind(): boolean {
    return this.#quick.fitted
      ? this.#more || this.#waiting.length + this.#again.size > askMax
      : this.#more && this.#waiting.length < this.#limits.waiting
  }

  /** After the last byte: what readers and detections have kept back, and a fit of all that is in the window. */
  async end(): Promise<void> {
    while (await this.step(true)) await pause()
    const arrived: Arrived[] = []
    for (const file of this.inventory.files.values()) {
      const rows = file.end()
      if (rows) arrived.push({ file, rows })
    }
    if (arrived.length > 0) this.#takeIn(arrived)
    while (this.#fitting) {
      await pause()
      if (this.#fitted) await this.#takeFit()
    }
    this.#startFit(true)
    while (this.#fitting) {
      await pause()
      if (this.#fitted) await this.#takeFit()
    }
    this.#answer()
    this.#feed.end()
    this.save()
  }

  async stop(): Promise<void> {
    await this.#fits.stop()
    for (const file of this.inventory.files.values()) file.close()
    this.save()
    this.answers.close()
  }

  save(): void {
    this.inventory.changed = false
    this.#dirty = false
    this.#lastSave = this.#options.now()
    const answered = new Map(this.#options.from.answered)
    for (const [file, events] of this.answers.answeredOf)
      answered.set(file, Math.max(events, answered.get(file) ?? 0))
    try {
      writeState(this.#options.folder, {
        files: [...this.inventory.records(this.#reading.resumeOf)],
        answered,
        paged: this.paged(),
      })
    } catch (error) {
      this.problem({ where: 'state', what: `it can't be written: ${messageOf(error)}` })
    }
  }

  #takeIn(arrived: readonly Arrived[]): void {
    const { zones = [], controls = [] } = this.#options
    const { window } = this
    const { redact } = this.#options
    const chunk = chunkOf(
      arrived,
      this.inventory.files.values(),
      { zones, controls },
      {
        texts: window.texts,
        clock: window.clock,
        events: window.nextEvent,
        calls: window.nextCall,
        redact,
      },
    )
    const gone = arrived.flatMap(({ file, rows }) => rows.gone.map((key) => `c${file.id}-${key}`))
    const goneRows = [...gone, ...chunk.words.map(({ uid }) => uid)]
      .map((uid) => window.callRow(uid))
      .filter((row) => row >= 0)
    window.add(chunk, gone)
    const parts = arrived.flatMap(({ file, rows }) => {
      const base = chunk.bases.get(file)
      if (!base) return []
      const { batch, rest, linesBefore } = rows
      this.#reading.numbered(
        file,
        batch.events.n > 0 ? base.event + batch.events.n : 0,
        batch.calls.n > 0 ? base.call + batch.calls.n : 0,
      )
      return [
        {
          ...{ file: file.id, batch, firstEvent: base.event, firstCall: base.call, linesBefore },
          ...(rest === undefined ? {} : { rest }),
        },
      ]
    })
    this.#fits.add(parts, goneRows)
    this.#changes++
    this.#dirty = true
    if (chunk.events.n > 0) {
      this.#around.addEvents(window.events.at(-1)!)
      for (let i = 0; i < chunk.events.n; i++) this.#waiting.push(chunk.firstEvent + i)
    }
    if (chunk.calls.n > 0) {
      this.#around.addCalls(window.calls.at(-1)!)
      for (const row of this.#quick.affectedBy(window.calls.at(-1)!)) this.#askAgain(row)
    }
    this.#feed.take(chunk)
  }

  #askAgain(row: number): void {
    if (this.#again.size >= againMax) this.evicted.again = (this.evicted.again ?? 0) + 1
    else this.#again.add(row)
  }

  /** Answers by the last fit. True when there is more. */
  #answer(): boolean {
    if (!this.#quick.fitted) return false
    const boxes = [...this.inventory.files.values()].reduce((sum, { sink }) => sum + sink.boxes.length, 0)
    if (boxes !== this.#boxes) {
      this.#boxes = boxes
      this.#topology = topologyOf(this.inventory.files.values())
    }
    const asked = this.#waiting.splice(0, askMax)
    const firstAsked = asked.length
    for (const row of this.#again) {
      if (asked.length >= askMax) break
      this.#again.delete(row)
      const place = this.window.eventPlace(row)
      if (place && place.chunk.said.verdict[place.i] !== unanswered) asked.push(row)
    }
    if (asked.length === 0) return false
    try {
      for (const row of asked) this.#fitting?.since.add(row)
      this.#say(this.#quick.ask(asked, this.#topology), 'quick')
    } catch (error) {
      this.#waiting.unshift(...asked.slice(0, firstAsked))
      throw error
    }
    return this.#waiting.length > 0 || this.#again.size > 0
  }

  #say(findings: readonly Finding[], by: FollowAnswer['by']): void {
    const { first, revised } = this.answers.say(findings, by)
    if (first.length > 0) this.#options.tell({ type: 'answers', answers: first })
    if (revised.length > 0) this.#options.tell({ type: 'revisions', answers: revised })
    if (first.length > 0) this.#dirty = true
  }

  #fitIfDue(busy: boolean): void {
    if (this.#fitting || this.#changes === this.#rowsAtFit) return
    const { fitEveryMs, fitRest } = this.#limits
    const rest = Math.max(fitEveryMs, fitRest * (this.lastFit?.ms ?? 0))
    // At first all that lies there is read: a fit of half of it would answer half of it wrongly.
    const first = !this.#quick.fitted && (!busy || this.#waiting.length >= this.#limits.waiting)
    if (first || (this.#quick.fitted && this.#options.now() - this.#fitEnded >= rest)) this.#startFit()
  }

  #startFit(align = false): void {
    const { zones = [], controls = [] } = this.#options
    const since = new Set<number>()
    this.#fitting = { since }
    this.#rowsAtFit = this.#changes
    const files = [...this.inventory.files.values()].map(({ id, path, found, modifiedUs, sink }) => ({
      ...{ id, path, format: found.importer.id, modifiedUs, boxes: sink.boxes, episodes: sink.episodes },
    }))
    const { firstEvent, firstCall } = this.window
    this.#fits
      .fit({ files, zones, controls, firstEvent, firstCall, align })
      .then((result) => {
        this.#fitted = result
      })
      .catch((error: unknown) => {
        this.#fitting = undefined
        this.#fitEnded = this.#options.now()
        this.problem({ where: 'fit', what: `it failed: ${messageOf(error)}` })
      })
  }

  async #takeFit(): Promise<void> {
    const result = this.#fitted!
    // Where nothing has come since it began, it knows all that quick answers know.
    const newer = this.#changes !== this.#rowsAtFit
    if (!newer) this.#again.clear()
    const since = newer && this.#fitting ? this.#fitting.since : new Set<number>()
    this.#fitted = undefined
    this.#fitEnded = this.#options.now()
    this.fits++
    const news = clockNews(this.lastFit?.clocks ?? [], result.clocks)
    this.lastFit = result
    this.#quick.use(result.carried)
    try {
      for await (const findings of mergeFit(this.window, result, since)) this.#say(findings, 'fit')
    } finally {
      this.#fitting = undefined
    }
    const answered = (row: number) => {
      const place = this.window.eventPlace(row)
      return !place || place.chunk.said.verdict[place.i] !== unanswered
    }
    if (this.#waiting.some(answered)) {
      const still = this.#waiting.filter((row) => !answered(row))
      this.#waiting.splice(0, this.#waiting.length, ...still)
    }
    for (const one of news) this.#options.tell({ type: 'clock', ...one })
    const { clocks, calibrated, event, call, ms } = result
    this.#options.tell({
      type: 'fit',
      ...{ clocks, calibrated, events: event.length, calls: call.length, ms },
    })
  }

  #makeRoom(): void {
    const gone = this.window.evict(this.#limits.events, this.#limits.calls)
    if (gone.events + gone.calls === 0) return
    this.evicted.events = (this.evicted.events ?? 0) + gone.events
    this.evicted.calls = (this.evicted.calls ?? 0) + gone.calls
    this.#reading.forget(this.window.firstEvent, this.window.firstCall)
    this.#lastEvict += gone.events + gone.calls
    if (this.#lastEvict < this.#limits.events / 4) return
    this.#lastEvict = 0
    this.#around.forget()
    if (this.window.texts.list.length > textsMax) this.#renumber()
  }

  #renumber(): void {
    this.window.renumber()
    this.#around.clear()
    for (const held of this.window.events) {
      this.#around.addEvents(held)
      held.said.box.forEach((box, i) => {
        if (held.said.verdict[i] !== unanswered) this.#around.addAnswered(held.firstEvent + i, box)
      })
    }
    for (const held of this.window.calls) this.#around.addCalls(held)
  }
}

export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10))
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
