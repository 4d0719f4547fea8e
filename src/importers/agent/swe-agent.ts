// SWE-agent trajectories, `<instance>.traj`. There is no clock in them.
//
//   {"trajectory":[{"action":"ls -F","observation":"…","response":"…","thought":"…","execution_time":0.31,
//     "state":{"working_dir":"/testbed"},"query":[…]}],"history":[…],"info":{"exit_status":"submitted"},
//    "environment":"swe_main"}     (a RetryAgent has `attempts[].trajectory` too)
//
// All that is known is when the file was last changed and how long each action took. Actions are laid backwards from
// there; what the model took between them is unknown and makes the uncertainty grow with every step back. Rows are
// steps.

import type { Time } from '../../base/time.ts'
import { defineJsonImporter } from '../api.ts'
import { cutCommand, cutOutput } from './parts/cut.ts'
import { fileStem } from './parts/path-names.ts'
import { isRecord, numberAt, textAt, toJson } from './parts/values.ts'

const stepsMax = 65_536
/** Given to the model's answer before each step, for the uncertainty only. */
const answerMs = 60_000

interface Step {
  readonly action: string
  readonly output: string | undefined
  readonly seconds: number
  readonly turn: number
  readonly line: number
}

export const sweAgent = defineJsonImporter({
  id: 'swe-agent',
  name: 'SWE-agent trajectories, .traj',
  family: 'agent',
  documentation: 'https://swe-agent.com/latest/usage/trajectories/',
  items: ['trajectory.*', 'attempts.*.trajectory.*'],
  recognises: ({ text }) =>
    /"trajectory"\s*:\s*\[/.test(text) && /"execution_time"\s*:/.test(text) && /"action"\s*:\s*"/.test(text),

  start(sink, file) {
    const steps: Step[] = []
    const episode = fileStem(file.path, ['.traj', '.json'])
    const seen = new Set<string>()
    return {
      item(_, value, line, keys) {
        if (!isRecord(value)) {
          sink.reject(line, 'a step is no object', toJson(value).slice(0, 500))
          return
        }
        const action = textAt(value, 'action')
        if (action === undefined || action.trim() === '') {
          sink.skip('no tool call')
          return
        }
        const output = textAt(value, 'observation')
        const turn = Number(keys[keys.length - 1])
        // A RetryAgent's chosen attempt stands in the file twice.
        const print = `${turn} ${numberAt(value, 'execution_time')} ${action}`
        if (seen.has(print)) {
          sink.skip('the same call again')
          return
        }
        seen.add(print)
        if (steps.length >= stepsMax) {
          sink.reject(line, 'more steps than are held for a file without times', action.slice(0, 500))
          return
        }
        if (file.modifiedUs === undefined) {
          sink.reject(line, 'neither the record nor its file has a time', action.slice(0, 500))
          return
        }
        const seconds = Math.min(Math.max(numberAt(value, 'execution_time') ?? 0, 0), 86_400)
        steps.push({ action, output, seconds, turn, line })
      },
      end() {
        let us = file.modifiedUs ?? 0
        let uncertaintyMs = answerMs
        const starts: { us: number; uncertaintyMs: number }[] = []
        for (let i = steps.length - 1; i >= 0; i--) {
          us -= Math.round(steps[i]!.seconds * 1e6)
          starts[i] = { us, uncertaintyMs }
          uncertaintyMs += answerMs
        }
        for (const [i, step] of steps.entries()) {
          const at = starts[i]!
          const start: Time = {
            us: at.us,
            spanUs: 1_000_000,
            kind: 'ingest',
            zone: 'utc',
            source: 'last change of the file',
          }
          sink.toolCall({
            name: 'bash',
            command: cutCommand(step.action.trim()),
            start,
            end: { ...start, us: at.us + Math.round(step.seconds * 1e6) },
            uncertaintyMs: at.uncertaintyMs,
            timeSource: 'file',
            boxHints: [],
            turn: step.turn,
            line: step.line,
            ...(episode !== undefined && { episode }),
            ...(step.output !== undefined && { output: cutOutput(step.output) }),
          })
        }
      },
    }
  },
})
