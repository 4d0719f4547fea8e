// Codex's rollouts, `$CODEX_HOME/sessions/YYYY/MM/DD/rollout-<time>-<uuid>.jsonl`.
//
//   {"timestamp":"2026-08-10T20:05:50.001Z","type":"session_meta","payload":{"id":"0199…","cwd":"/home/a/app",…}}
//   {"timestamp":"…","type":"response_item","payload":{"type":"function_call","name":"exec_command",
//     "arguments":"{\"cmd\":\"cargo test\"}","call_id":"call_1"}}
//   {"timestamp":"…","type":"event_msg","payload":{"type":"exec_command_begin","call_id":"call_1","started_at_ms":1786392352200,
//     "command":["bash","-lc","cargo test"],"cwd":"/home/a/app"}}
//   {"timestamp":"…","type":"event_msg","payload":{"type":"exec_command_end","call_id":"call_1","completed_at_ms":…,
//     "exit_code":0,"duration":{"secs":1,"nanos":500000000},"aggregated_output":"…"}}
//   {"timestamp":"…","type":"response_item","payload":{"type":"function_call_output","call_id":"call_1","output":"…"}}
//
// Up to five rows speak of one call, in any order, and which of them are kept depends on the version. The first
// makes the call, the others are joined into it. The executor's events are believed before the model's items.
// Also read, without times: `codex exec --json` of older versions (`{"id":"1","msg":{…}}`).

import { parseEpochByDigits, parseIso, type Time } from '../../base/time.ts'
import type { ToolCall } from '../../schema/tool-call.ts'
import { defineJsonLinesImporter } from '../api.ts'
import { callText } from './parts/arguments.ts'
import { cutOutput } from './parts/cut.ts'
import { UntimedCalls } from './parts/file-time.ts'
import { OpenCalls } from './parts/open-calls.ts'
import { exitCodeInText, exitCodeOf, outputText } from './parts/output.ts'
import { at, type Draft, isRecord, numberAt, parseJsonText, recordAt, textAt } from './parts/values.ts'

/** A rollout's stamp is taken when the line is written. */
const uncertaintyMs = 50

export const codex = defineJsonLinesImporter({
  id: 'codex',
  name: 'Codex rollouts',
  family: 'agent',
  documentation: 'https://github.com/openai/codex/tree/main/codex-rs/protocol',
  recognises: ({ text }) =>
    text.startsWith('{') &&
    ((/"type"\s*:\s*"(?:session_meta|response_item|event_msg|turn_context)"/.test(text) &&
      /"payload"\s*:\s*\{/.test(text)) ||
      /"msg"\s*:\s*\{\s*"type"\s*:\s*"(?:task_started|session_configured|exec_command_begin|agent_message|agent_reasoning)"/.test(
        text,
      )),

  start(sink, file) {
    const calls = new OpenCalls(sink)
    const untimed = new UntimedCalls(sink, file)
    let session = /rollout-[0-9T-]{10,24}-([0-9a-f-]{36})/.exec(file.path)?.[1]
    let named = false
    // Calls of one reply follow each other; an answer between two calls parts their turns.
    let turn = -1
    let answered = true

    function begin(row: Row, name: string, args: unknown): void {
      const { key, line, time } = row
      if (key !== undefined && (calls.knows(key) || untimed.get(key))) {
        const call = calls.get(key) ?? untimed.get(key)
        // The executor's event came first and knew the command only.
        if (call && args !== undefined && (call.name === 'unknown' || call.name === 'exec')) call.name = name
        if (call?.command === '') Object.assign(call, callText(name, args))
        sink.skip('joined into its call')
        return
      }
      if (answered) turn++
      answered = false
      const call = {
        name,
        ...callText(name, args),
        boxHints: [],
        line,
        turn,
        ...(key !== undefined && { sourceId: key }),
        ...(session !== undefined && { episode: session }),
      }
      if (time) calls.open(key, { ...call, start: time, uncertaintyMs, timeSource: 'next-record' })
      else if (row.stamped) sink.reject(line, 'the time of a call cannot be read', row.text)
      else untimed.add(call)
    }

    /** An answer as the model sees it; the executor's own word, if there is one, is not overwritten. */
    function output(row: Row, value: unknown): void {
      answered = true
      sink.skip('joined into its call')
      const call = row.key === undefined ? undefined : (calls.get(row.key) ?? untimed.get(row.key))
      if (!call) return
      const inner = typeof value === 'string' ? (parseJsonText(value) ?? value) : value
      const text = outputText(isRecord(inner) ? inner : value)
      if (text !== undefined) call.output ??= text
      const code = exitCodeOf(inner) ?? (text === undefined ? undefined : exitCodeInText(text))
      if (code !== undefined) call.exitCode ??= code
      if (isDraft(call) && !call.end && row.time) {
        call.end = row.time
        call.timeSource = 'transcript'
      }
    }

    function executorBegin(row: Row, name: string, args: unknown): void {
      begin(row, name, args)
      const call = row.key === undefined ? undefined : calls.get(row.key)
      const start = msTime(row.payload.started_at_ms) ?? row.time
      if (call && start) call.start = start
    }

    function executorEnd(row: Row, name: string, args: unknown, value: unknown): void {
      if (row.key === undefined || !(calls.knows(row.key) || untimed.get(row.key))) begin(row, name, args)
      else sink.skip('joined into its call')
      answered = true
      const call = row.key === undefined ? undefined : (calls.get(row.key) ?? untimed.get(row.key))
      if (!call) return
      const text = outputText(value)
      if (text !== undefined) call.output = cutOutput(text)
      const code = numberAt(row.payload, 'exit_code')
      if (code !== undefined && Number.isInteger(code)) call.exitCode = code
      if (!isDraft(call)) return
      const end = msTime(row.payload.completed_at_ms) ?? row.time
      if (!end) return
      const durationUs = durationOf(row.payload.duration)
      call.end = end
      call.timeSource = 'executor'
      call.uncertaintyMs = row.payload.completed_at_ms === undefined ? uncertaintyMs : 0
      if (durationUs !== undefined) {
        call.start = { ...end, us: end.us - durationUs, spanUs: Math.max(end.spanUs, 1000) }
      }
      if (call.start.us > end.us) call.start = end
    }

    return {
      row(outer, line, text) {
        const payload = recordAt(outer, 'payload') ?? recordAt(outer, 'msg') ?? outer
        const stamp = textAt(outer, 'timestamp')
        const row: Row = {
          payload,
          line,
          text,
          stamped: stamp !== undefined,
          time: stamp === undefined ? undefined : parseIso(stamp),
          key: textAt(payload, 'call_id'),
        }
        if (outer.type === 'session_meta' || payload.type === 'session_configured') {
          // A fork repeats the meta line of what it was forked from: the first one is this session's.
          if (!named) session = textAt(payload, 'id') ?? textAt(payload, 'session_id') ?? session
          named = true
          sink.skip('no tool call')
          return
        }
        const invocation = recordAt(payload, 'invocation')
        const mcp = `mcp__${textAt(invocation, 'server') ?? 'unknown'}__${textAt(invocation, 'tool') ?? 'unknown'}`
        switch (payload.type) {
          case 'function_call':
            return begin(row, textAt(payload, 'name') ?? 'unknown', payload.arguments)
          case 'custom_tool_call':
            return begin(row, textAt(payload, 'name') ?? 'unknown', payload.input)
          case 'local_shell_call':
            return begin({ ...row, key: row.key ?? textAt(payload, 'id') }, 'local_shell', payload.action)
          case 'web_search_call':
            return begin({ ...row, key: row.key ?? textAt(payload, 'id') }, 'web_search', payload.action)
          case 'tool_search_call':
            return begin(row, 'tool_search', payload.arguments)
          case 'function_call_output':
          case 'custom_tool_call_output':
          case 'tool_search_output':
            return output(row, payload.output ?? payload.tools)
          case 'exec_command_begin':
            return executorBegin(row, 'exec', { command: payload.command })
          case 'exec_command_end': {
            const streams = at(payload, 'aggregated_output') || {
              stdout: payload.stdout,
              stderr: payload.stderr,
            }
            return executorEnd(row, 'exec', { command: payload.command }, streams)
          }
          case 'mcp_tool_call_begin':
            return executorBegin(row, mcp, at(invocation, 'arguments'))
          case 'mcp_tool_call_end': {
            const result = recordAt(payload, 'result')
            return executorEnd(
              row,
              mcp,
              at(invocation, 'arguments'),
              at(result, 'Ok') ?? at(result, 'Err') ?? result,
            )
          }
          case 'patch_apply_begin':
            return executorBegin(row, 'apply_patch', payload.changes)
          case 'patch_apply_end':
            return executorEnd(row, 'apply_patch', payload.changes, payload)
          case 'web_search_begin':
            return executorBegin(row, 'web_search', payload.query)
          case 'web_search_end':
            return executorEnd(row, 'web_search', { query: payload.query, action: payload.action }, undefined)
          default:
            sink.skip('no tool call')
        }
      },
      end() {
        calls.end()
        untimed.end()
      },
    }
  },
})

interface Row {
  readonly payload: Record<string, unknown>
  readonly line: number
  readonly text: string
  readonly stamped: boolean
  readonly time: Time | undefined
  readonly key: string | undefined
}

function isDraft(call: object): call is Draft<ToolCall> {
  return 'start' in call
}

function msTime(value: unknown): Time | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? parseEpochByDigits(value) : undefined
}

/** Rust's Duration as JSON, `{"secs":1,"nanos":5}`, in µs. */
function durationOf(value: unknown): number | undefined {
  const secs = numberAt(value, 'secs')
  if (secs === undefined || secs < 0 || secs > 2_592_000) return undefined
  return secs * 1e6 + Math.floor((numberAt(value, 'nanos') ?? 0) / 1000)
}
