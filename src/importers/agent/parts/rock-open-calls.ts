// Calls of a ROCK log that have begun and not ended: what ends each, and a limit on all of them.

import { BoundedMap } from '../../../base/bounded-map.ts'
import type { Time } from '../../../base/time.ts'
import type { ToolCall } from '../../../schema/tool-call.ts'
import type { Sink } from '../../api.ts'
import type { RockHeader } from '../../rock-header.ts'

interface Open {
  readonly call: ToolCall
  /** Background: the submission's answer does not end it. */
  readonly outputFile?: string
  readonly box: string
  readonly session: string
  lastPoll?: Time
}

export interface Place {
  readonly box: string
  readonly session: string
  readonly outputFile: string | undefined
}

/** Beyond these the oldest is given out without an end. */
const openMax = 50_000
const perTraceMax = 64
const perBoxMax = 256
const perAnswerMax = 1000

export class OpenCalls {
  readonly #sink: Sink
  /** Waiting for their HTTP answer, by trace and sandbox. */
  readonly #requests: BoundedMap<string, (Open | { readonly startUs: number })[]>
  /** In the background, by sandbox and session. */
  readonly #background: BoundedMap<string, Map<string, Open>>
  /** Calls of the answer last handed to the agent, by sandbox. */
  readonly #answers: BoundedMap<string, { index: number; calls: ToolCall[]; place: Place }>

  constructor(sink: Sink) {
    this.#sink = sink
    const giveOut = (calls: readonly (Open | { startUs: number })[]) => {
      for (const open of calls) if ('call' in open) sink.toolCall(open.call)
    }
    this.#requests = new BoundedMap(openMax, (_, calls) => giveOut(calls))
    this.#background = new BoundedMap(openMax, (_, sessions) => {
      for (const open of sessions.values()) sink.toolCall(endBackground(open))
    })
    this.#answers = new BoundedMap(openMax, (_, answer) => {
      for (const call of answer.calls) sink.toolCall(call)
    })
  }

  /** A command sent by request; with `background` its end is seen later. */
  add(
    call: ToolCall,
    header: RockHeader,
    { background }: { readonly background?: { box: string; session: string; outputFile: string } },
  ): void {
    if (background) {
      this.#addBackground({ call, ...background })
      this.#wait(header, { startUs: call.start.us })
      return
    }
    this.#wait(header, { call, box: call.boxHints[0] ?? '', session: '' })
  }

  /** A request without a call: its answer must not end another's. */
  request(header: RockHeader): void {
    this.#wait(header, { startUs: header.time.us })
  }

  #addBackground(open: Open): void {
    const sessions = this.#background.get(open.box) ?? new Map<string, Open>()
    const before = sessions.get(open.session)
    if (before) this.#sink.toolCall(endBackground(before))
    sessions.delete(open.session)
    sessions.set(open.session, open)
    const [oldest] = sessions
    if (sessions.size > perBoxMax && oldest) {
      sessions.delete(oldest[0])
      this.#sink.toolCall(endBackground(oldest[1]))
    }
    this.#background.set(open.box, sessions)
  }

  #endBackground(box: string, session: string, time: Time): void {
    const sessions = this.#background.get(box)
    const open = sessions?.get(session)
    if (!sessions || !open) return
    sessions.delete(session)
    if (sessions.size === 0) this.#background.delete(box)
    this.#sink.toolCall({ ...open.call, end: time, timeSource: 'next-record' })
  }

  #wait(header: RockHeader, open: Open | { readonly startUs: number }): void {
    const key = `${header.trace}\n${header.sandbox}`
    const waiting = this.#requests.get(key) ?? []
    waiting.push(open)
    if (waiting.length > perTraceMax) {
      const oldest = waiting.shift()
      if (oldest && 'call' in oldest) this.#sink.toolCall(oldest.call)
    }
    this.#requests.set(key, waiting)
  }

  /** The answer to a request: of several with one trace id, the one that began `processUs` before. */
  response(header: RockHeader, processUs: number | undefined): boolean {
    const key = `${header.trace}\n${header.sandbox}`
    const waiting = this.#requests.get(key)
    if (!waiting || waiting.length === 0) return false
    const beganUs = header.time.us - (processUs ?? Number.POSITIVE_INFINITY)
    let best = 0
    if (processUs !== undefined) {
      const away = (open: Open | { readonly startUs: number } | undefined) =>
        open ? Math.abs(('call' in open ? open.call.start.us : open.startUs) - beganUs) : 0
      for (let i = 1; i < waiting.length; i++) if (away(waiting[i]) < away(waiting[best])) best = i
    }
    const [open] = waiting.splice(best, 1)
    if (waiting.length === 0) this.#requests.delete(key)
    if (!open || !('call' in open)) return false
    this.#sink.toolCall({ ...open.call, end: header.time })
    return true
  }

  /** Somebody asked whether the session's background command still runs. */
  poll(box: string, session: string, time: Time): void {
    const open = this.#background.get(box)?.get(session)
    if (open) open.lastPoll = time
  }

  /** The output file of a background command was read: it has ended. */
  outputRead(box: string, session: string, file: string, time: Time): boolean {
    const answer = this.#answers.get(box)
    if (answer?.place.outputFile === file) {
      // The agent's next question had arrived by then, so the tools before it were done.
      this.#closeAnswer(box, time)
      return true
    }
    if (this.#background.get(box)?.get(session)?.outputFile !== file) return false
    this.#endBackground(box, session, time)
    return true
  }

  /** Another command in the session of a background command: SDK sessions run one thing, so that one has ended. */
  sessionUsed(box: string, session: string, time: Time): void {
    if (this.#background.get(box)?.get(session)?.lastPoll) this.#endBackground(box, session, time)
  }

  isRepeat(box: string, index: number): boolean {
    return index > 0 && this.#answers.get(box)?.index === index
  }

  /** The next answer goes to the agent: the calls of the one before are over. */
  nextAnswer(place: Place, index: number, time: Time): void {
    this.#closeAnswer(place.box, time)
    this.#answers.set(place.box, { index, calls: [], place })
  }

  /** The same answer on its way again: what waits for its end now waits there. */
  again(place: Place): void {
    const answer = this.#answers.get(place.box)
    if (answer) answer.place = place
  }

  addAnswered(call: ToolCall): void {
    const answer = this.#answers.get(call.boxHints[0] ?? '')
    if (!answer || answer.calls.length >= perAnswerMax) {
      this.#sink.toolCall(call)
      return
    }
    answer.calls.push(call)
  }

  #closeAnswer(box: string, time: Time): void {
    const answer = this.#answers.get(box)
    if (!answer) return
    for (const call of answer.calls) this.#sink.toolCall({ ...call, end: time })
    // The index stays, so that a retry is known.
    answer.calls = []
  }

  /** The sandbox was stopped. */
  closeBox(box: string, time: Time): void {
    this.#closeAnswer(box, time)
    this.#answers.delete(box)
    for (const session of [...(this.#background.get(box)?.keys() ?? [])]) {
      this.#endBackground(box, session, time)
    }
  }

  /** The log ends: what is open has no end. */
  end(): void {
    for (const waiting of this.#requests.values()) {
      for (const open of waiting) if ('call' in open) this.#sink.toolCall(open.call)
    }
    for (const sessions of this.#background.values()) {
      for (const open of sessions.values()) this.#sink.toolCall(endBackground(open))
    }
    for (const answer of this.#answers.values()) for (const call of answer.calls) this.#sink.toolCall(call)
  }
}

/** Polled and never seen to end: it ran at least until the last look. */
function endBackground(open: Open): ToolCall {
  return open.lastPoll ? { ...open.call, end: open.lastPoll, timeSource: 'next-record' } : open.call
}
