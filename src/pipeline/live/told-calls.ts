// The calls that the agent's side tells of, joined to the process subtrees that the kernel shows.
//
// What is told can be late, missing or forged, so it is never more than a label: by how much of the command is in what
// runs, by time, and by who told, each with its share of the stated agreement.

import { BoundedMap } from '../../base/bounded-map.ts'
import { compareCommands, toldText } from '../../commands/told-and-run.ts'
import type { JournalActor, JournalLine } from '../../schema/journal.ts'

export type Label = NonNullable<JournalActor['label']>

/** Who told: the agent's own process or a hook it started; a process of a tool call; or nobody could see. */
export type Teller = 'agent' | 'work' | 'unknown'

export interface ToldStart {
  readonly id: string
  readonly tool: string
  /** Shell text, or arguments as compact JSON. */
  readonly command: string
  /** `claude-hook`, `otel`… */
  readonly source: string
  readonly session?: string
  readonly by: Teller
  /** When it began, on our own clock in milliseconds: when it was heard of, for sources that tell at once. */
  readonly atMs: number
  /** For sources that tell afterwards. */
  readonly afterwards?: { readonly at: string; readonly endMs: number }
}

export interface ToldEnd {
  readonly atMs: number
  readonly output?: string
  readonly exitCode?: number
}

/** The root of a subtree, or what an open shell starts for one call. */
export interface SeenWork {
  readonly unit: string
  readonly cmdLine: string
  readonly atMs: number
  label: Label | undefined
}

interface Which {
  readonly id?: string
  readonly tool: string
  readonly command: string
  readonly by: Teller
}

interface Told extends ToldStart {
  readonly shell: string
  endMs: number | undefined
  /** Subtrees whose text fits. */
  processes: number
  /** Those that only time and ancestry speak for. */
  guesses: number
  unit: string | undefined
  /** Of the unit. */
  agreement: number
}

const limits = {
  calls: 10_000,
  /** Without an end: of more, the oldest are taken for ended. */
  open: 64,
  works: 2_000,
  /** A process that starts so long after a call ended is not its. Milliseconds. */
  afterMs: 500,
  /** A call that is told of later than this after a process started is not joined to it. */
  lateMs: 10_000,
  /** Calls of one tool with the same arguments so close in time, from two sources, are one. */
  sameMs: 3_000,
  /** Subtrees of one call whose text does not fit: what the agent does for itself meanwhile, or what it kept silent about. */
  guesses: 8,
} as const

const shares = { text: 0.6, time: 0.25, teller: 0.15 } as const
/** Of the command's text in what ran: enough to say that it is this call. */
const textEnough = 0.5
const sureEnough = 0.9

export class ToldCalls {
  readonly #calls = new BoundedMap<string, Told>(limits.calls)
  readonly #open = new Map<string, Told>()
  readonly #works = new BoundedMap<SeenWork, true>(limits.works)
  readonly #box: string
  readonly #record: (line: JournalLine) => void
  #ended: readonly Told[] = []
  #repeated = 0
  #withoutProcess = 0
  #worksSeen = 0

  constructor(box: string, record: (line: JournalLine) => void) {
    this.#box = box
    this.#record = record
  }

  /** Figures for run.json. */
  summary() {
    let labelled = 0
    for (const work of this.#works.entries()) if (work[0].label) labelled++
    return {
      told: this.#calls.size + this.#calls.evicted,
      toldAgain: this.#repeated,
      withoutProcess: this.#withoutProcess,
      subtrees: this.#worksSeen,
      subtreesWithCall: labelled,
    }
  }

  /** False when the call was known. */
  start(told: ToldStart): boolean {
    if (this.#calls.has(told.id) || (told.afterwards && this.#sameAs(told)) || this.#asModelSaid(told)) {
      this.#repeated++
      return false
    }
    const call: Told = {
      ...told,
      shell: toldText(told.tool, told.command),
      endMs: undefined,
      processes: 0,
      guesses: 0,
      unit: undefined,
      agreement: 0,
    }
    this.#calls.set(told.id, call)
    this.#open.set(told.id, call)
    const [oldest] = this.#open.keys()
    if (this.#open.size > limits.open && oldest !== undefined) this.#open.delete(oldest)
    // A hook that is late: what it tells of may run already.
    for (const [work] of this.#works.entries()) {
      const laterMs = Math.max(0, told.atMs - work.atMs)
      const over = told.afterwards && work.atMs - told.afterwards.endMs > limits.afterMs
      if (work.label || over || laterMs > limits.lateMs) continue
      const joined = judge(call, work.cmdLine, 1 - laterMs / limits.lateMs)
      if (joined.text >= textEnough) this.#join(call, work, joined)
    }
    this.#record({
      class: 'execute_tool',
      box: this.#box,
      activity: 'start',
      toolCall: told.id,
      name: told.tool,
      command: told.command,
      ...(call.unit !== undefined && { unit: call.unit }),
      source: told.source,
      tier: 'none',
      ...(told.afterwards && { at: told.afterwards.at }),
      ...(told.session !== undefined && { episode: told.session }),
    })
    return true
  }

  /** Without an id: the oldest open call of the tool with these arguments. False when there is none. */
  end(which: Which, end: ToldEnd): boolean {
    const call = this.#find(which)
    if (!call || call.endMs !== undefined) return false
    call.endMs = end.atMs
    this.#open.delete(call.id)
    this.#ended = [...this.#ended, call].slice(-limits.open)
    const processes = call.processes > 0 ? call.processes : call.guesses
    if (processes === 0 && call.shell !== '') this.#withoutProcess++
    this.#record({
      class: 'execute_tool',
      box: this.#box,
      activity: 'end',
      toolCall: call.id,
      name: call.tool,
      ...(call.unit !== undefined && { unit: call.unit }),
      source: call.source,
      tier: 'none',
      duration: Math.max(0, Math.round(end.atMs - call.atMs)),
      ...(end.exitCode !== undefined && { exitCode: end.exitCode }),
      ...(end.output !== undefined && end.output !== '' && { output: end.output }),
      processes,
    })
    return true
  }

  /** A subtree begins; `enters`: count it, and remember it for calls that are told of later. */
  work(unit: string, cmdLine: string, atMs: number): SeenWork {
    const work: SeenWork = { unit, cmdLine, atMs, label: undefined }
    this.#worksSeen++
    this.#works.set(work, true)
    const found = this.#best(cmdLine, atMs)
    if (found) this.#join(found.call, work, found)
    else {
      // A shell may have become another program before it was read, or have ended: what it looks like says nothing.
      const only = this.#onlyWaiting(atMs)
      // Time and ancestry alone: the agreement says how little that is.
      if (only) this.#join(only, work, judge(only, cmdLine, 1))
    }
    return work
  }

  /** What a subtree was before only led to this: a wrapper, an agent's own sandbox. */
  became(work: SeenWork, cmdLine: string, atMs: number): void {
    if ((work.label?.agreement ?? 0) >= sureEnough) return
    const found = this.#best(cmdLine, atMs)
    if (found && found.agreement > (work.label?.agreement ?? 0)) this.#join(found.call, work, found)
  }

  /** What an open shell starts: its text alone tells which call it is for. */
  part(cmdLine: string, atMs: number): Label | undefined {
    const found = this.#best(cmdLine, atMs)
    if (!found) return undefined
    found.call.processes++
    return labelOf(found.call, found.agreement)
  }

  /** A connection of the agent's own process: of an open call whose arguments name the host. */
  naming(host: string): Label | undefined {
    for (const call of this.#open.values()) {
      if (call.shell === '' && host.length > 3 && call.command.toLowerCase().includes(host.toLowerCase()))
        return labelOf(call, call.by === 'work' ? 0.5 : 0.75)
    }
    return undefined
  }

  #best(cmdLine: string, atMs: number): ({ call: Told } & Judgement) | undefined {
    let best: ({ call: Told } & Judgement) | undefined
    for (const call of this.#candidates(atMs)) {
      const { text, agreement } = judge(call, cmdLine, call.endMs === undefined ? 1 : 0.5)
      if (text < textEnough) continue
      // Of two that say the same, the one that nothing was joined to yet.
      const better =
        !best || agreement > best.agreement || (agreement === best.agreement && best.call.processes > 0)
      if (better) best = { call, text, agreement }
    }
    return best
  }

  #candidates(atMs: number): Told[] {
    const justEnded = this.#ended.filter(({ endMs = 0 }) => atMs - endMs <= limits.afterMs)
    return [...this.#open.values(), ...justEnded].filter(({ shell }) => shell !== '')
  }

  /** The one open shell call that nothing was joined to. */
  #onlyWaiting(atMs: number): Told | undefined {
    const waiting = this.#candidates(atMs).filter(({ endMs }) => endMs === undefined)
    const [only] = waiting
    return waiting.length === 1 && only?.processes === 0 && only.guesses < limits.guesses ? only : undefined
  }

  /** A hook tells of what the model's answer told before, by an id of its own: from now on that is a name of the same call. */
  #asModelSaid({ id, source, tool, command }: ToldStart): boolean {
    if (source === 'llm-api') return false
    for (const call of this.#open.values()) {
      if (call.source !== 'llm-api' || call.tool !== tool || call.command !== command) continue
      this.#calls.set(id, call)
      return true
    }
    return false
  }

  /** Told of before, by a source that gives no ids or others. */
  #sameAs({ tool, command, atMs }: ToldStart): boolean {
    for (const call of [...this.#open.values(), ...this.#ended]) {
      const same = call.tool === tool && (command === '' || call.command === command)
      if (same && Math.abs(call.atMs - atMs) < limits.sameMs) return true
    }
    return false
  }

  #join(call: Told, work: SeenWork, { text, agreement }: Judgement): void {
    if (text >= textEnough) call.processes++
    else call.guesses++
    if (agreement > call.agreement) call.unit = work.unit
    call.agreement = Math.max(call.agreement, agreement)
    work.label = labelOf(call, agreement)
  }

  #find({ id, tool, command, by }: Which): Told | undefined {
    if (id !== undefined) return this.#calls.get(id)
    for (const call of this.#open.values())
      if (call.tool === tool && call.command === command && call.by === by) return call
    return undefined
  }
}

interface Judgement {
  readonly text: number
  readonly agreement: number
}

function judge(call: Told, cmdLine: string, time: number): Judgement {
  const text = compareCommands(call.tool, call.command, cmdLine).agreement
  const teller = { agent: 1, unknown: 0.5, work: 0 }[call.by]
  const agreement = shares.text * text + shares.time * time + shares.teller * teller
  return { text, agreement: Math.round(agreement * 100) / 100 }
}

function labelOf(call: Told, agreement: number): Label {
  return { toolCall: call.id, source: call.source, agreement, tool: call.tool }
}
