// Gemini CLI's sessions, `~/.gemini/tmp/<project>/chats/session-*.jsonl` (older: one document, `.json`).
//
//   {"sessionId":"s1","projectHash":"9f…","startTime":"…","lastUpdated":"…","kind":"main"}
//   {"id":"m2","timestamp":"2026-08-10T12:00:05.123Z","type":"gemini","content":"","toolCalls":[{"id":"run_shell_command-1",
//     "name":"run_shell_command","args":{"command":"ls"},"status":"success","timestamp":"2026-08-10T12:00:07.001Z",
//     "result":[{"functionResponse":{"id":"…","name":"…","response":{"output":"…"}}}]}]}
//   {"$set":{…}}  {"$rewindTo":"m1"}
//
// A call is recorded once it has ended: its own stamp is the end. It began after the message it stands in or, when
// that was written with it, after the message before. A message is written again when it grows; calls of messages
// that were taken back took place all the same. Rows are records and messages; a message counts one row for each
// new call.

import { parseIso, type Time } from '../../base/time.ts'
import type { ToolCall } from '../../schema/tool-call.ts'
import { defineJsonImporter } from '../api.ts'
import { callText } from './parts/arguments.ts'
import { OpenCalls } from './parts/open-calls.ts'
import { exitCodeInText, outputText } from './parts/output.ts'
import { at, type Draft, isRecord, listAt, recordAt, textAt, toJson } from './parts/values.ts'

const uncertaintyMs = 1000
/** A message stamped less than this before its call's end was written with it. */
const togetherUs = 50_000

export const geminiCli = defineJsonImporter({
  id: 'gemini-cli',
  name: 'Gemini CLI sessions',
  family: 'agent',
  documentation: 'https://github.com/google-gemini/gemini-cli/tree/main/packages/core/src/services',
  items: [''],
  recognises: ({ text }) => /"sessionId"\s*:/.test(text) && /"projectHash"\s*:/.test(text),

  start(sink) {
    const calls = new OpenCalls(sink)
    let episode: string | undefined
    let turn = 0
    /** The last message of another id. */
    let before: { id: string | undefined; time: Time } | undefined
    let last: typeof before

    function message(value: unknown, line: number): void {
      if (!isRecord(value)) {
        sink.reject(line, 'a message is no object', toJson(value).slice(0, 500))
        return
      }
      const id = textAt(value, 'id')
      const time = parseIso(textAt(value, 'timestamp') ?? '')
      if (time && !(last && id !== undefined && last.id === id)) {
        before = last
        last = { id, time }
      }
      const toolCalls = listAt(value, 'toolCalls').filter(isRecord)
      let fresh = 0
      for (const toolCall of toolCalls) if (begin(toolCall, time, line)) fresh++
      if (fresh > 0) turn++
      else sink.skip(toolCalls.length > 0 ? 'the same call again' : 'no tool call')
    }

    /** True when it counts as a row of its own. */
    function begin(toolCall: Record<string, unknown>, messageTime: Time | undefined, line: number): boolean {
      const key = textAt(toolCall, 'id')
      const known = key === undefined ? undefined : calls.get(key)
      if (known) {
        fill(known, toolCall)
        return false
      }
      if (key !== undefined && calls.knows(key)) return false
      const end = parseIso(textAt(toolCall, 'timestamp') ?? '')
      const together = messageTime && end && end.us - messageTime.us < togetherUs
      const start = (together ? before?.time : undefined) ?? messageTime ?? end
      if (!start) {
        sink.reject(line, 'the time of a call cannot be read', toJson(toolCall).slice(0, 500))
        return true
      }
      const name = textAt(toolCall, 'name') ?? 'unknown'
      const call: Draft<ToolCall> = {
        name,
        ...callText(name, toolCall.args),
        start,
        uncertaintyMs,
        timeSource: 'next-record',
        boxHints: [],
        line,
        turn,
        ...(episode !== undefined && { episode }),
        ...(key !== undefined && { sourceId: key }),
      }
      fill(call, toolCall)
      calls.open(key, call)
      return true
    }

    return {
      item(_, value, line) {
        if (!isRecord(value)) {
          sink.reject(line, 'a record is no object', toJson(value).slice(0, 500))
          return
        }
        if (textAt(value, 'sessionId') !== undefined) {
          episode = textAt(value, 'sessionId')
          before = undefined
          last = undefined
          turn = 0
          sink.skip('header')
          for (const one of listAt(value, 'messages')) message(one, line)
        } else if (value.$set !== undefined) {
          sink.skip('no tool call')
          for (const one of listAt(value.$set, 'messages')) message(one, line)
        } else message(value, line)
      },
      end() {
        calls.end()
      },
    }
  },
})

function fill(call: Draft<ToolCall>, toolCall: Record<string, unknown>): void {
  const ended = !/^(?:scheduled|validating|awaiting_approval|executing)$/.test(
    textAt(toolCall, 'status') ?? '',
  )
  const end = ended ? parseIso(textAt(toolCall, 'timestamp') ?? '') : undefined
  if (end && end.us >= call.start.us) {
    call.end = end
    call.timeSource = 'transcript'
  }
  const responses = listAt(toolCall, 'result').map(
    (part) => at(recordAt(part, 'functionResponse'), 'response') ?? at(part, 'text'),
  )
  const output = outputText(responses.length > 0 ? responses : at(toolCall, 'resultDisplay'))
  if (output === undefined) return
  call.output = output
  const told = /(?:^|\n)Exit Code: (-?\d{1,10})(?:\n|$)/.exec(output)?.[1]
  const exitCode = told === undefined ? exitCodeInText(output) : Number(told)
  if (exitCode !== undefined) call.exitCode = exitCode
}
