// Qwen Code's chat records, `~/.qwen/projects/<cwd>/chats/<session>.jsonl`.
//
//   {"uuid":"b7","parentUuid":"a1","sessionId":"s1","timestamp":"2026-08-10T12:00:05.123Z","type":"assistant","cwd":"/app",
//    "version":"0.6.0","message":{"role":"model","parts":[{"functionCall":{"id":"c1","name":"run_shell_command","args":{"command":"ls"}}}]}}
//   {"uuid":"c9","parentUuid":"b7","sessionId":"s1","timestamp":"…","type":"tool_result","message":{"role":"user","parts":[
//     {"functionResponse":{"id":"c1","name":"run_shell_command","response":{"output":"…"}}}]},"toolCallResult":{"callId":"c1","status":"success"}}
//
// Rows are lines; a line with several calls counts one row for each. A tool_result is joined into its call.

import { parseIso } from '../../base/time.ts'
import { defineJsonLinesImporter } from '../api.ts'
import { callText } from './parts/arguments.ts'
import { OpenCalls } from './parts/open-calls.ts'
import { exitCodeInText, outputText } from './parts/output.ts'
import { at, listAt, recordAt, textAt, toJson } from './parts/values.ts'

/** A stamp is taken when its record is written. */
const uncertaintyMs = 50

export const qwenCode = defineJsonLinesImporter({
  id: 'qwen-code',
  name: 'Qwen Code chat records',
  family: 'agent',
  documentation: 'https://qwenlm.github.io/qwen-code-docs/',
  recognises: ({ text }) =>
    text.startsWith('{') &&
    /"sessionId"\s*:/.test(text) &&
    /"parentUuid"\s*:/.test(text) &&
    /"message"\s*:\s*\{[^{}]{0,80}"parts"/.test(text),

  start(sink) {
    const calls = new OpenCalls(sink)
    let turn = 0
    return {
      row(row, line) {
        const parts = listAt(recordAt(row, 'message'), 'parts')
        const time = parseIso(textAt(row, 'timestamp') ?? '')
        let found = false
        let joined = false
        for (const part of parts) {
          const request = recordAt(part, 'functionCall')
          const answer = recordAt(part, 'functionResponse')
          if (request) {
            found = true
            const id = textAt(request, 'id')
            if (id !== undefined && calls.knows(id)) {
              sink.skip('the same call again')
              continue
            }
            if (!time) {
              sink.reject(line, 'the time of a call cannot be read', toJson(row).slice(0, 500))
              continue
            }
            const name = textAt(request, 'name') ?? 'unknown'
            const episode = textAt(row, 'sessionId')
            calls.open(id, {
              name,
              ...callText(name, at(request, 'args')),
              start: time,
              uncertaintyMs,
              timeSource: 'next-record',
              boxHints: [],
              line,
              turn,
              ...(episode !== undefined && { episode }),
              ...(id !== undefined && { sourceId: id }),
            })
          } else if (answer) {
            joined = true
            const id = textAt(answer, 'id') ?? textAt(recordAt(row, 'toolCallResult'), 'callId')
            const call = id === undefined ? undefined : calls.get(id)
            if (!call || id === undefined) continue
            const output = outputText(at(answer, 'response'))
            if (output !== undefined) call.output = output
            const exitCode = shellExitCode(output)
            if (exitCode !== undefined) call.exitCode = exitCode
            if (time) {
              call.end = time
              call.timeSource = 'transcript'
            }
            calls.close(id)
          }
        }
        if (found) turn++
        else sink.skip(joined ? 'joined into its call' : 'no tool call')
      },
      end() {
        calls.end()
      },
    }
  },
})

/** Its shell tool answers in lines: `Command: …\nDirectory: …\nOutput: …\nExit Code: 0`. */
function shellExitCode(output: string | undefined): number | undefined {
  if (output === undefined) return undefined
  const told = /(?:^|\n)Exit Code: (-?\d{1,10})(?:\n|$)/.exec(output)?.[1]
  return told === undefined ? exitCodeInText(output) : Number(told)
}
