// The recording of ROCK's model proxy: one line for each question to the model with its answer. No sandbox is named.
//
//   {"model":"policy","stream":false,"status":"success","response_time":4.2,"start_time":1772847065.1,
//    "end_time":1772847069.3,"request":{"messages":[…]},"response":{"choices":[…]},"error":null}
// A call runs from the answer's end to the start of the question that brings its result, found by the call's id, so
// that several conversations may be mixed. Rows are lines, and the calls of an answer.

import { defineJsonLinesImporter } from '../api.ts'
import { AnswerWindows } from './parts/answer-windows.ts'
import { epochTime } from './parts/epoch.ts'
import { at } from './parts/values.ts'

export const rockLlmTraj = defineJsonLinesImporter({
  id: 'rock-llm-traj',
  name: 'ROCK model proxy recording, LLMTraj.jsonl',
  family: 'agent',
  documentation: 'https://github.com/alibaba/ROCK/blob/master/rock/sdk/model/server/traj.py',
  recognises: (head) =>
    /^\s*\{\s*"model"\s*:/.test(head.text) &&
    /"response_time"\s*:\s*[\d.e-]+\s*,\s*"start_time"\s*:\s*\d/.test(head.text.slice(0, 4096)),
  start(sink) {
    const windows = new AnswerWindows(sink)
    return {
      row(row, line, text) {
        const started = epochTime(at(row, 'start_time'))
        const ended = epochTime(at(row, 'end_time'))
        if (!started || !ended) {
          sink.reject(line, 'the record has no start_time and end_time', text)
          return
        }
        windows.request(at(row, 'request'), started, false)
        const calls = windows.answer(at(row, 'response'), ended, { boxHints: [], uncertaintyMs: 0, line })
        if (calls === 0) sink.skip('no tool call')
      },
      end: () => windows.end(),
    }
  },
})
