// Calls in a journal: a line when each starts and one when it ends.
// {"class":"execute_tool","activity":"start","toolCall":"call_1","name":"bash","command":"curl …","source":"exec","tier":"identity",…}
// {"class":"execute_tool","activity":"end","toolCall":"call_1","exitCode":0,"duration":1876,…}

import type { Time } from '../../base/time.ts'
import { limits, type ToolCall } from '../../schema/tool-call.ts'
import type { Sink } from '../api.ts'
import type { Row } from '../head-rows.ts'
import { countOf, textOf } from './parts.ts'

/** Calls that wait for their end; beyond it the oldest is given out without one. */
const waitingMax = 100_000

type Draft = { -readonly [K in keyof ToolCall]: ToolCall[K] }

export class JournalCalls {
  readonly #sink: Sink
  readonly #waiting = new Map<string, Draft>()

  constructor(sink: Sink) {
    this.#sink = sink
  }

  /** Takes a row of class `execute_tool`; a start is accounted for when its call is given out. */
  row(row: Row, time: Time, line: number): void {
    const id = textOf(row.toolCall)
    const key = `${textOf(row.box) ?? ''} ${id ?? ''}`
    const waiting = id === undefined ? undefined : this.#waiting.get(key)
    if (row.activity !== 'end') {
      // An id that is used again: the call before it never ended.
      if (waiting) this.#sink.toolCall(waiting)
      this.#waiting.delete(key)
      const call = begun(row, id, time, line)
      if (row.activity !== 'start' || id === undefined) this.#sink.toolCall(call)
      else this.#waiting.set(key, call)
      const [oldest] = this.#waiting.entries()
      if (this.#waiting.size > waitingMax && oldest) {
        this.#waiting.delete(oldest[0])
        this.#sink.toolCall(oldest[1])
      }
      return
    }
    this.#waiting.delete(key)
    const call = waiting ?? startedBefore(row, id, time, line)
    call.end = endOf(row, time, call.start)
    const exitCode = row.exitCode
    if (typeof exitCode === 'number' && Number.isInteger(exitCode)) call.exitCode = exitCode
    const output = row.output
    if (typeof output === 'string' && output !== '') call.output = cut(output, limits.outputChars)
    this.#sink.toolCall(call)
    if (waiting) this.#sink.skip('execute_tool: joined into its call')
  }

  /** After the last line: the calls that never ended. */
  end(): void {
    for (const call of this.#waiting.values()) this.#sink.toolCall(call)
    this.#waiting.clear()
  }
}

/** The call that a start line tells of. */
export function begun(row: Row, id: string | undefined, time: Time, line: number): Draft {
  const box = textOf(row.box)
  const command = typeof row.command === 'string' ? row.command : ''
  const call: Draft = {
    name: textOf(row.name) ?? 'execute_tool',
    command: cut(command, limits.commandChars),
    start: time,
    uncertaintyMs: 0,
    timeSource: row.tier === 'identity' ? 'executor' : 'span',
    boxHints: box === undefined ? [] : [box],
    line,
  }
  if (id !== undefined) call.sourceId = id
  for (const word of ['run', 'episode', 'policyVersion'] as const) {
    const value = textOf(row[word])
    if (value !== undefined) call[word] = value
  }
  for (const word of ['turn', 'step'] as const) {
    const value = countOf(row[word])
    if (value !== undefined && Number.isInteger(value)) call[word] = value
  }
  return call
}

/** Its start is not in this file: it comes from how long it took. */
function startedBefore(row: Row, id: string | undefined, time: Time, line: number): Draft {
  const durationMs = countOf(row.duration) ?? 0
  return begun(
    row,
    id,
    { ...time, us: time.us - durationMs * 1000, spanUs: Math.max(time.spanUs, 1_000) },
    line,
  )
}

/** When the clock was set back meanwhile, the end lies where its duration says. */
function endOf(row: Row, time: Time, start: Time): Time {
  const durationMs = countOf(row.duration)
  if (time.us >= start.us || durationMs === undefined) return time
  return { ...time, us: start.us + Math.round(durationMs * 1000), spanUs: 1_000 }
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 6)}…[cut]`
}
