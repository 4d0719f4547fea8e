// The tool calls of a finished conversation, each with what the tool answered, in order.
//
//   {"role":"assistant","content":"…","tool_calls":[{"id":"call_1","function":{"name":"bash","arguments":"{…}"}}]}
//   {"role":"tool","tool_call_id":"call_1","content":"…"}          also Anthropic's tool_use / tool_result blocks,
// calls written into the text, and {"role":"user","content":"<tool_response>…</tool_response>"} as the answer.

import { callsOfMessage, type ReplyCall } from './model-reply.ts'
import { outputText } from './output.ts'
import { at, idText, isRecord, listAt, textAt } from './values.ts'

export interface TranscriptCall extends ReplyCall {
  /** Index of its assistant message among the assistant messages, from 0. */
  readonly turn: number
  output?: string
}

/** Most messages read of one conversation. */
const messagesMax = 100_000

export function callsOfTranscript(messages: readonly unknown[]): TranscriptCall[] {
  const calls: TranscriptCall[] = []
  const byId = new Map<string, TranscriptCall>()
  let waiting: TranscriptCall[] = []
  let turn = -1
  const answer = (id: string | undefined, content: unknown) => {
    // Without an id, answers come in the order of the calls.
    const call = id === undefined ? waiting[0] : (byId.get(id) ?? waiting[0])
    if (!call) return
    waiting = waiting.filter((other) => other !== call)
    const output = outputText(content)
    if (call.output === undefined && output !== undefined) call.output = output
  }
  for (const message of messages.slice(0, messagesMax)) {
    if (!isRecord(message)) continue
    const role = textAt(message, 'role') ?? textAt(message, 'type')
    if (role === 'assistant' || role === 'ai') {
      turn++
      waiting = []
      for (const call of callsOfMessage(message)) {
        const found: TranscriptCall = { ...call, turn }
        calls.push(found)
        waiting.push(found)
        if (call.id !== undefined) byId.set(call.id, found)
      }
    } else if (role === 'tool' || role === 'function') {
      answer(idText(at(message, 'tool_call_id')), at(message, 'content'))
    } else if (role === 'user') {
      for (const block of listAt(message, 'content')) {
        if (textAt(block, 'type') !== 'tool_result') continue
        answer(idText(at(block, 'tool_use_id')), at(block, 'content'))
      }
      const text = textAt(message, 'content')
      if (text && waiting.length > 0) {
        const parts = text.split('<tool_response>').slice(1)
        if (parts.length === 0) answer(undefined, text)
        for (const part of parts) answer(undefined, part.split('</tool_response>')[0]?.trim())
      }
    }
  }
  return calls
}
