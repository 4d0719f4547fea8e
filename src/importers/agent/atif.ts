// ATIF trajectories 1.0–1.7, as Harbor and others write them: `agent/trajectory.json`.
//
//   {"schema_version":"ATIF-v1.7","session_id":"s1","agent":{"name":"terminus-2","version":"2.0"},"steps":[
//     {"step_id":2,"timestamp":"2026-08-10T12:00:00.123Z","source":"agent","message":"…",
//      "tool_calls":[{"tool_call_id":"c1","function_name":"bash_command","arguments":{"keystrokes":"ls\n"}}],
//      "observation":{"results":[{"source_call_id":"c1","content":"…"}]}}],"final_metrics":{…},
//    "subagent_trajectories":[{…}]}
//
// There is no time of an end: a call's window runs to the next step that has a time. Some writers add
// `extra.tool_invocations[].start_timestamp / end_timestamp`, which are the executor's. Rows are steps; a step
// counts one row for each of its calls. Steps copied from an earlier trajectory are passed over.

import { parseEpochSeconds, parseIso, type Time } from '../../base/time.ts'
import type { ToolCall } from '../../schema/tool-call.ts'
import { defineJsonImporter } from '../api.ts'
import { callText } from './parts/arguments.ts'
import { UntimedCalls } from './parts/file-time.ts'
import { exitCodeInText, exitCodeOf, outputText } from './parts/output.ts'
import { folderAbove } from './parts/path-names.ts'
import { at, type Draft, isRecord, listAt, recordAt, textAt, toJson } from './parts/values.ts'

const uncertaintyMs = 250
const waitingMax = 1024
const nestingMax = 8

export const atif = defineJsonImporter({
  id: 'atif',
  name: 'ATIF trajectories (Harbor, Terminal-Bench)',
  family: 'agent',
  documentation: 'https://harborframework.com/docs/agents/trajectory-format',
  items: ['schema_version', 'session_id', 'trajectory_id', 'steps.*', 'subagent_trajectories.*'],
  recognises: ({ text }) => /"schema_version"\s*:\s*"ATIF-v/.test(text),

  start(sink, file) {
    const untimed = new UntimedCalls(sink, file)
    const inTrial = folderAbove(file.path, 1) === 'agent' ? folderAbove(file.path, 2) : undefined
    class Steps {
      episode: string | undefined = inTrial
      turn = 0
      last: Time | undefined
      waiting: Draft<ToolCall>[] = []

      step(step: unknown, line: number): void {
        if (!isRecord(step)) {
          sink.reject(line, 'a step is no object', toJson(step).slice(0, 500))
          return
        }
        if (step.is_copied_context === true) {
          sink.skip('copied from an earlier trajectory')
          return
        }
        const time = timeOf(step.timestamp)
        if (time) {
          this.close(time)
          this.last = time
        }
        const toolCalls = listAt(step, 'tool_calls').filter(isRecord)
        if (toolCalls.length === 0) {
          sink.skip('no tool call')
          return
        }
        const results = listAt(recordAt(step, 'observation'), 'results')
        const invocations = listAt(recordAt(step, 'extra'), 'tool_invocations')
        for (const [i, toolCall] of toolCalls.entries()) {
          const id = textAt(toolCall, 'tool_call_id')
          const name = textAt(toolCall, 'function_name') ?? 'unknown'
          const call = {
            name,
            ...callText(name, toolCall.arguments),
            boxHints: [],
            line,
            turn: this.turn,
            ...(this.episode !== undefined && { episode: this.episode }),
            ...(id !== undefined && { sourceId: id }),
            ...resultOf(results, id, toolCalls.length === 1),
          }
          const told = windowOf(toolCall, invocations, id, i)
          const start = told.start ?? time ?? this.last
          if (!start) untimed.add(call)
          else if (told.start && told.end) {
            sink.toolCall({ ...call, start, end: told.end, uncertaintyMs: 0, timeSource: 'executor' })
          } else {
            // Without a time of its own the step lies somewhere between its neighbours.
            const timeSource = toolCalls.length > 1 ? 'batch' : 'next-record'
            this.waiting.push({ ...call, start, uncertaintyMs, timeSource })
          }
        }
        this.turn++
        if (this.waiting.length > waitingMax) this.close(undefined)
      }

      close(end: Time | undefined): void {
        for (const call of this.waiting) {
          if (end && end.us >= call.start.us) call.end = end
          sink.toolCall(call)
        }
        this.waiting = []
      }
    }

    let steps = new Steps()

    /** A subagent's trajectory inside its parent's: the same episode. */
    function nested(trajectory: unknown, line: number, episode: string | undefined, depth: number): void {
      if (!isRecord(trajectory) || depth > nestingMax) {
        sink.reject(line, 'a subagent trajectory cannot be read', toJson(trajectory).slice(0, 500))
        return
      }
      const inner = new Steps()
      inner.episode = episode ?? textAt(trajectory, 'session_id') ?? textAt(trajectory, 'trajectory_id')
      for (const step of listAt(trajectory, 'steps')) inner.step(step, line)
      inner.close(undefined)
      for (const more of listAt(trajectory, 'subagent_trajectories'))
        nested(more, line, inner.episode, depth + 1)
    }

    return {
      item(path, value, line) {
        if (path === 'steps.*') steps.step(value, line)
        else if (path === 'subagent_trajectories.*') nested(value, line, steps.episode, 0)
        else if (path === 'schema_version') {
          steps.close(undefined)
          steps = new Steps()
        } else if (typeof value === 'string' && value !== '') {
          if (path === 'session_id') steps.episode = value
          else steps.episode ??= value
        }
      },
      end() {
        steps.close(undefined)
        untimed.end()
      },
    }
  },
})

function timeOf(value: unknown): Time | undefined {
  if (typeof value === 'string') return parseIso(value)
  return typeof value === 'number' && value > 1e9 && value < 1e11
    ? parseEpochSeconds(value.toFixed(6), 1)
    : undefined
}

function windowOf(
  toolCall: Record<string, unknown>,
  invocations: readonly unknown[],
  id: string | undefined,
  index: number,
): { start?: Time; end?: Time } {
  const own = recordAt(toolCall, 'extra')
  const byId = invocations.find(
    (one) =>
      id !== undefined && (at(one, 'tool_call_id') ?? at(one, 'source_call_id') ?? at(one, 'call_id')) === id,
  )
  const source = byId ?? (at(own, 'start_timestamp') === undefined ? invocations[index] : own)
  const start = timeOf(at(source, 'start_timestamp'))
  const end = timeOf(at(source, 'end_timestamp'))
  return { ...(start && { start }), ...(end && (!start || end.us >= start.us) && { end }) }
}

function resultOf(
  results: readonly unknown[],
  id: string | undefined,
  only: boolean,
): { output?: string; exitCode?: number } {
  const result =
    results.find((one) => id !== undefined && at(one, 'source_call_id') === id) ??
    (only && results.length === 1 && at(results[0], 'source_call_id') == null ? results[0] : undefined)
  if (result === undefined) return {}
  const output = outputText(at(result, 'content'))
  const exitCode =
    exitCodeOf(at(result, 'extra')) ?? (output === undefined ? undefined : exitCodeInText(output))
  return { ...(output !== undefined && { output }), ...(exitCode !== undefined && { exitCode }) }
}
