// Calls between a model's answer and the question that brings their results back.
//
// Seen from the model: an answer asks for calls, a later request holds what the tools gave. The tools ran in between.

import type { Time } from '../../../base/time.ts'
import type { ToolCall } from '../../../schema/tool-call.ts'
import type { Sink } from '../../api.ts'
import { callText } from './arguments.ts'
import { callsOfReply } from './model-reply.ts'
import { outputText } from './output.ts'
import { at, type Draft, idText, listAt, textAt } from './values.ts'

/** Calls waiting for their results; beyond it the oldest is given out without an end. */
const waitingMax = 100_000

interface Waiting {
  readonly call: Draft<ToolCall>
  readonly key: string
}

export class AnswerWindows {
  readonly #sink: Sink
  #waiting = new Map<string, Waiting>()
  #unnamed = 0

  constructor(sink: Sink) {
    this.#sink = sink
  }

  /** The calls of a model's answer; returns how many there were. */
  answer(
    reply: unknown,
    time: Time,
    common: Pick<ToolCall, 'boxHints' | 'line' | 'uncertaintyMs'> &
      Partial<Pick<ToolCall, 'turn' | 'episode' | 'run'>>,
  ): number {
    const calls = callsOfReply(reply)
    for (const { id, name, args } of calls) {
      const call: Draft<ToolCall> = {
        ...common,
        name,
        ...callText(name, args),
        start: time,
        timeSource: calls.length > 1 ? 'batch' : 'next-record',
      }
      if (id !== undefined) call.sourceId = id
      const key = id ?? `\u0000${this.#unnamed++}`
      const before = this.#waiting.get(key)
      // An id that is used again: ids of some servers count from zero in every conversation.
      if (before) this.#sink.toolCall(before.call)
      this.#waiting.delete(key)
      this.#waiting.set(key, { call, key })
      const [oldest] = this.#waiting.values()
      if (this.#waiting.size > waitingMax && oldest) this.#close(oldest, undefined)
    }
    return calls.length
  }

  /**
   * A request to the model. Its newest tool results end their calls; with `all`, when one agent alone is heard,
   * every open call ends.
   */
  request(request: unknown, time: Time, all: boolean): void {
    for (const [id, content] of newestResults(request)) {
      const waiting = this.#waiting.get(id)
      if (!waiting) continue
      const output = outputText(content)
      if (output !== undefined) waiting.call.output = output
      this.#close(waiting, time)
    }
    if (all) for (const waiting of [...this.#waiting.values()]) this.#close(waiting, time)
  }

  end(): void {
    for (const waiting of [...this.#waiting.values()]) this.#close(waiting, undefined)
  }

  #close({ call, key }: Waiting, end: Time | undefined): void {
    this.#waiting.delete(key)
    if (end && end.us >= call.start.us) call.end = end
    this.#sink.toolCall(call)
  }
}

/** Results behind the last assistant message: Chat's tool messages, Anthropic's blocks, the Responses API's items. */
function newestResults(request: unknown): Map<string, unknown> {
  const results = new Map<string, unknown>()
  const messages = [...listAt(request, 'messages'), ...listAt(request, 'input')]
  for (let i = messages.length - 1; i >= 0 && results.size < 1000; i--) {
    const message = messages[i]
    const type = textAt(message, 'type')
    const role = textAt(message, 'role')
    if (role === 'assistant' || type === 'function_call') break
    const id = idText(at(message, 'tool_call_id')) ?? idText(at(message, 'call_id'))
    if (id !== undefined) results.set(id, at(message, 'content') ?? at(message, 'output'))
    for (const block of listAt(message, 'content')) {
      const blockId = idText(at(block, 'tool_use_id'))
      if (blockId !== undefined) results.set(blockId, at(block, 'content'))
    }
  }
  return results
}
