// LLMService.log of ROCK's model service, written inside the sandbox: the agent can change it.
//
//   LLM_REQUEST_START{"model":"…","messages":[…]}LLM_REQUEST_END{"timestamp": 1772847065564, "index": 1}
//   LLM_RESPONSE_START{"choices":[{"message":{"tool_calls":[…]}}]}LLM_RESPONSE_END{"timestamp": 1772847070979, "index": 1}
//   SESSION_END
// The tools of answer n ran between it and request n + 1. Rows are lines, and the calls of an answer.

import { parseEpochByDigits, type Time } from '../../base/time.ts'
import { defineLinesImporter } from '../api.ts'
import { AnswerWindows } from './parts/answer-windows.ts'
import { at, parseJsonText, toIndex } from './parts/values.ts'

export const rockLlmService = defineLinesImporter({
  id: 'rock-llm-service',
  name: 'ROCK model service, LLMService.log',
  family: 'agent',
  documentation: 'https://github.com/alibaba/ROCK/blob/master/rock/sdk/model/server/file_handler.py',
  // A request holds the whole conversation and may be longer than what is looked at.
  recognises: (head) => /^LLM_(?:REQUEST|RESPONSE)_START\s*\{/m.test(head.text),
  start(sink) {
    const windows = new AnswerWindows(sink)
    return {
      line(text, line) {
        if (text.startsWith('LLM_REQUEST_START')) {
          const record = readRecord(text, 'LLM_REQUEST_START', 'LLM_REQUEST_END')
          if (typeof record === 'string') {
            sink.reject(line, record, text)
            return
          }
          windows.request(record.value, record.time, true)
          sink.skip('a question to the model')
        } else if (text.startsWith('LLM_RESPONSE_START')) {
          const record = readRecord(text, 'LLM_RESPONSE_START', 'LLM_RESPONSE_END')
          if (typeof record === 'string') {
            sink.reject(line, record, text)
            return
          }
          const { value, time, index } = record
          const turn = index !== undefined && index > 0 ? { turn: index - 1 } : {}
          const calls = windows.answer(value, time, { ...turn, boxHints: [], uncertaintyMs: 0, line })
          if (calls === 0) sink.skip('no tool call')
        } else if (text.startsWith('SESSION_END')) sink.skip('the session ended')
        else sink.reject(line, 'neither a request nor a response', text)
      },
      end: () => windows.end(),
    }
  },
})

function readRecord(
  text: string,
  startMark: string,
  endMark: string,
): { value: unknown; time: Time; index: number | undefined } | string {
  // The mark may be quoted inside the conversation: the last one is the real one.
  const end = text.lastIndexOf(endMark)
  if (end < 0) return 'the record is cut off'
  const value = parseJsonText(text.slice(startMark.length, end))
  if (value === undefined) return 'the record is not JSON'
  const meta = parseJsonText(text.slice(end + endMark.length))
  const stamp = at(meta, 'timestamp')
  const time = typeof stamp === 'number' ? parseEpochByDigits(Math.floor(stamp)) : undefined
  return time ? { value, time, index: toIndex(at(meta, 'index')) } : 'the record has no timestamp'
}
