// ATIF trajectories 1.0–1.7, as Harbor and others write them: `agent/trajectory.json`.
//
//   {"schema_version":"ATIF-v1.7","session_id":"s1","agent":{"name":"terminus-2","version":"2.0"},"steps":[
//     {"step_id":2,"timestamp":"2026-08-10T12:00:00.123Z","source":"agent","message":"…",
//      "tool_calls":[{"tool_call_id":"c1","function_name":"bash_command","arguments":{"keystrokes":"ls\n"}}],
//      "observation":{"results":[{"source_call_id":"c1","content":"…"}]}}],"final_metrics":{…},
//    "subagent_trajectories":[{…}]}
//
// There is no time of an end: a call's window runs to the next step that has a time. Terminus is the other way
// round: it stamps a step after its commands have run. Some writers add
// `extra.tool_invocations[].start_timestamp / end_timestamp`, which are the executor's. Rows are steps; a step
// counts one row for each of its calls. Steps copied from an earlier trajectory are passed over.

import { parseEpochSeconds, parseIso, type Time } from '../../base/time.ts'
import type { ToolCall } from '../../schema/tool-call.ts'
import { defineJsonImporter } from '../api.ts'
import { callText } from './parts/arguments.ts'
import { UntimedCalls } from './parts/file-time.ts'
import { exitCodeInText, exitCodeOf, outputText } from './parts/output.ts'
import { folderAbove } from './parts/path-names.ts'
import { at, type Draft, isRecord, listAt, numberAt, recordAt, textAt, toJson } from './parts/values.ts'

const uncertaintyMs = 50
/** What typing into a terminal and reading it takes beside the waits. */
const sendMs = 2000
const waitingMax = 1024
const nestingMax = 8

export const atif = defineJsonImporter({
  id: 'atif',
  name: 'ATIF trajectories (Harbor, Terminal-Bench)',
  family: 'agent',
  documentation: 'https://harborframework.com/docs/agents/trajectory-format',
  items: ['schema_version', 'session_id', 'trajectory_id', 'agent', 'steps.*', 'subagent_trajectories.*'],
  recognises: ({ text }) => /"schema_version"\s*:\s*"ATIF-v/.test(text),

  start(sink, file) {
    const untimed = new UntimedCalls(sink, file)
    const inTrial = folderAbove(file.path, 1) === 'agent' ? folderAbove(file.path, 2) : undefined
    class Steps {
      episode: string | undefined = inTrial
      turn = 0
      last: Time | undefined
      stampedAfter = false
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
        const before = this.last
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
            ...resultOf(results, id),
          }
          const told = windowOf(toolCall, invocations, id, i)
          const start = told.start ?? time ?? this.last
          if (!start) untimed.add(call)
          else if (told.start && told.end) {
            sink.toolCall({ ...call, start, end: told.end, uncertaintyMs: 0, timeSource: 'executor' })
          } else if (time && this.stampedAfter) {
            const from = Math.max(before?.us ?? 0, time.us - secondsFrom(toolCalls, i) * 1e6)
            const timeSource = toolCalls.length > 1 ? 'batch' : 'transcript'
            sink.toolCall({
              ...call,
              start: { ...time, us: from },
              end: time,
              uncertaintyMs: sendMs,
              timeSource,
            })
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
      inner.stampedAfter = stampsAfterwards(at(trajectory, 'agent'))
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
        else {
          sink.skip('header')
          if (path === 'schema_version') {
            steps.close(undefined)
            steps = new Steps()
          } else if (path === 'agent') steps.stampedAfter = stampsAfterwards(value)
          else if (typeof value === 'string' && value !== '') {
            if (path === 'session_id') steps.episode = value
            else steps.episode ??= value
          }
        }
      },
      end() {
        steps.close(undefined)
        untimed.end()
      },
    }
  },
})

/** Terminus stamps a step when its commands have run, all others when the model has answered. */
function stampsAfterwards(agent: unknown): boolean {
  return textAt(agent, 'name')?.startsWith('terminus') ?? false
}

/** It types each command and waits its `duration`, one after the other: how long from call `i` to the end, in s. */
function secondsFrom(toolCalls: readonly Record<string, unknown>[], i: number): number {
  let seconds = 0
  for (const toolCall of toolCalls.slice(i)) {
    const duration = numberAt(recordAt(toolCall, 'arguments'), 'duration')
    if (duration !== undefined && duration > 0) seconds += Math.min(duration, 3600)
  }
  return seconds
}

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
): { output?: string; exitCode?: number } {
  const result =
    results.find((one) => id !== undefined && at(one, 'source_call_id') === id) ??
    // Without an id a result is that of the whole step.
    results.find((one) => at(one, 'source_call_id') == null)
  if (result === undefined) return {}
  const output = outputText(at(result, 'content'))
  const exitCode =
    exitCodeOf(at(result, 'extra')) ?? (output === undefined ? undefined : exitCodeInText(output))
  return { ...(output !== undefined && { output }), ...(exitCode !== undefined && { exitCode }) }
}
