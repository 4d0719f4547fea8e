// OpenHands' events: one a file (as it stores them), or all of a conversation in one array, in lines, or in the
// `history`, `trajectory` or `events` of an export.
//
// V1:  conversations/<id>/events/event-00004-<uuid>.json
//   {"kind":"ActionEvent","id":"e4","timestamp":"2026-08-10T14:00:05.123456","source":"agent","thought":[],
//    "action":{"kind":"TerminalAction","command":"ls","is_input":false},"tool_name":"terminal","tool_call_id":"call_1",
//    "tool_call":{"id":"call_1","name":"terminal","arguments":"{\"command\": \"ls\"}"},"llm_response_id":"r1"}
//   {"kind":"ObservationEvent","id":"e5","timestamp":"…","source":"environment","tool_name":"terminal",
//    "tool_call_id":"call_1","action_id":"e4","observation":{"content":[{"type":"text","text":"…"}],"exit_code":0,
//    "metadata":{"exit_code":0,"pid":88,"hostname":"4f5a1c0d9e"}}}
// V0:  sessions/<id>/events/12.json
//   {"id":12,"timestamp":"2026-08-10T14:00:05.123456","source":"agent","action":"run","args":{"command":"ls"},
//    "tool_call_metadata":{"function_name":"execute_bash","tool_call_id":"call_1"}}
//   {"id":13,"timestamp":"…","source":"agent","cause":12,"observation":"run","content":"…",
//    "extras":{"command":"ls","metadata":{"exit_code":0,"hostname":"4f5a1c0d9e"}}}
//
// Times are local and name no zone. Rows are events; an observation is joined into its action, across files as an
// outcome. A document beyond the size of a single value (64 MiB) is refused; line-delimited exports of any size fit.

import { parseEpochSeconds, parseIso, type Time } from '../../base/time.ts'
import type { ToolCall, ToolOutcome } from '../../schema/tool-call.ts'
import { defineJsonImporter } from '../api.ts'
import { callText } from './parts/arguments.ts'
import { OpenCalls } from './parts/open-calls.ts'
import { exitCodeInText, exitCodeOf, outputText } from './parts/output.ts'
import { fileStem, folderAbove } from './parts/path-names.ts'
import { at, type Draft, idText, isRecord, recordAt, textAt, toJson } from './parts/values.ts'

/** Events are stamped when they are made: an action before it is sent, an observation after it came back. */
const uncertaintyMs = 50
const nestingMax = 4

export const openhands = defineJsonImporter({
  id: 'openhands',
  name: 'OpenHands events and trajectories, V0 and V1',
  family: 'agent',
  documentation: 'https://docs.openhands.dev/sdk/arch/events',
  items: [''],
  recognises: ({ text }) =>
    /"timestamp"\s*:/.test(text) &&
    /"source"\s*:\s*"(?:agent|user|environment|hook|runtime|llm)"/.test(text) &&
    (/"kind"\s*:\s*"(?:[A-Z]\w{1,60}Event|UserRejectObservation|Condensation\w{0,20})"/.test(text) ||
      (/"(?:action|observation)"\s*:\s*"[a-z_]{1,40}"/.test(text) &&
        /"(?:args|extras|cause)"\s*:/.test(text))),

  start(sink, file) {
    let calls = new OpenCalls(sink)
    let episode = episodeOf(file.path)
    let inTurn: string | undefined
    let turn = -1
    let events = 0
    // A single event cannot tell which turn it is: turns are given when a file has several.
    const first: Draft<ToolCall>[] = []

    function walk(value: unknown, line: number, depth: number): void {
      if (Array.isArray(value) && depth < nestingMax) {
        for (const one of value) walk(one, line, depth + 1)
        return
      }
      if (!isRecord(value)) {
        sink.reject(line, 'an event is no object', toJson(value).slice(0, 500))
        return
      }
      for (const key of ['history', 'trajectory', 'events', 'items']) {
        const inner = at(value, key)
        if (Array.isArray(inner) && depth < nestingMax) {
          episode = idText(at(value, 'instance_id')) ?? idText(at(value, 'conversation_id')) ?? episode
          inTurn = undefined
          turn = -1
          // Another conversation: its ids may be the same.
          calls.end()
          calls = new OpenCalls(sink)
          if (inner.length === 0) sink.skip('no tool call')
          for (const one of inner) walk(one, line, depth + 1)
          return
        }
      }
      event(value, line)
    }

    function event(event: Record<string, unknown>, line: number): void {
      events++
      const kind = textAt(event, 'kind')
      const toolCallId = textAt(event, 'tool_call_id')
      if (kind === 'ActionEvent' || (kind === undefined && event.tool_call !== undefined))
        actionV1(event, line)
      else if (kind === 'ACPToolCallEvent') acp(event, line)
      else if (toolCallId !== undefined) observed(event, line, toolCallId)
      else if (typeof event.action === 'string') actionV0(event, line)
      else if (typeof event.observation === 'string' && event.cause !== undefined && event.cause !== null) {
        observed(event, line, keyV0(event, event.cause))
      } else sink.skip('no tool call')
    }

    function begin(
      event: Record<string, unknown>,
      line: number,
      key: string | undefined,
      name: string,
      args: unknown,
      reply: string | undefined,
    ): void {
      const start = timeOf(event.timestamp)
      if (!start) {
        sink.reject(line, 'the time of a call cannot be read', toJson(event).slice(0, 500))
        return
      }
      if (key !== undefined && calls.knows(key)) {
        sink.skip('the same call again')
        return
      }
      if (reply === undefined || reply !== inTurn) turn++
      inTurn = reply
      const call: Draft<ToolCall> = {
        name,
        ...callText(name, args),
        start,
        uncertaintyMs,
        timeSource: 'next-record',
        boxHints: [],
        line,
        turn,
        ...(episode !== undefined && { episode }),
        ...(key !== undefined && { sourceId: key }),
      }
      if (first.length < 2) first.push(call)
      calls.open(key, call)
    }

    function actionV1(event: Record<string, unknown>, line: number): void {
      const toolCall = recordAt(event, 'tool_call')
      const action = recordAt(event, 'action')
      const name = textAt(event, 'tool_name') ?? textAt(toolCall, 'name') ?? 'unknown'
      const args = action ? without(action, ['kind', 'security_risk', 'summary']) : at(toolCall, 'arguments')
      const key = textAt(event, 'tool_call_id') ?? textAt(toolCall, 'id')
      begin(event, line, key, name, args, textAt(event, 'llm_response_id'))
    }

    function actionV0(event: Record<string, unknown>, line: number): void {
      const action = textAt(event, 'action') ?? ''
      if (event.source !== 'agent' || noTool.has(action)) {
        sink.skip('no tool call')
        return
      }
      const metadata = recordAt(event, 'tool_call_metadata')
      const args = without(recordAt(event, 'args') ?? {}, ownArguments)
      const name = textAt(metadata, 'function_name') ?? action
      const reply = textAt(recordAt(metadata, 'model_response'), 'id')
      begin(event, line, keyV0(event, event.id), name, args, reply)
    }

    /** Progress of one call of an agent behind ACP; the last event tells that it has ended. */
    function acp(event: Record<string, unknown>, line: number): void {
      const key = textAt(event, 'tool_call_id')
      const known = key !== undefined && calls.knows(key)
      const kind = textAt(event, 'tool_kind')
      const name = (kind === 'execute' ? 'execute' : undefined) ?? textAt(event, 'title') ?? kind ?? 'unknown'
      if (!known) begin(event, line, key, name, event.raw_input, undefined)
      else sink.skip('joined into its call')
      const call = key === undefined ? undefined : calls.get(key)
      if (!call || key === undefined || !/^(?:completed|failed)$/.test(textAt(event, 'status') ?? '')) return
      finish(call, event, event.raw_output ?? event.content)
      calls.close(key)
    }

    function observed(event: Record<string, unknown>, line: number, key: string | undefined): void {
      if (key === undefined) {
        sink.skip('no tool call')
        return
      }
      const observation = recordAt(event, 'observation')
      const value =
        observation ?? event.content ?? event.rejection_reason ?? event.error ?? at(event.extras, 'content')
      const call = calls.get(key)
      if (call) {
        finish(call, event, value)
        calls.close(key)
      }
      if (calls.knows(key)) {
        sink.skip('joined into its call')
        return
      }
      const outcome: Draft<ToolOutcome> = { sourceId: key, line }
      const told: Partial<Draft<ToolCall>> = {}
      finish(told, event, value)
      if (told.end) outcome.end = told.end
      if (told.output !== undefined) outcome.output = told.output
      if (told.exitCode !== undefined) outcome.exitCode = told.exitCode
      if (told.boxHints) outcome.boxHints = told.boxHints
      sink.outcome(outcome)
    }

    return {
      item(_, value, line) {
        walk(value, line, 0)
      },
      broken(line, reason, text) {
        sink.reject(line, reason, text)
      },
      end() {
        if (events === 1) for (const call of first) delete call.turn
        calls.end()
      },
    }
  },
})

function finish(call: Partial<Draft<ToolCall>>, event: Record<string, unknown>, value: unknown): void {
  const end = timeOf(event.timestamp)
  if (end && (!call.start || end.us >= call.start.us)) {
    call.end = end
    call.timeSource = 'transcript'
  }
  const output = outputText(value)
  if (output !== undefined) call.output = output
  const metadata = recordAt(value, 'metadata') ?? recordAt(event.extras, 'metadata')
  const exitCode =
    exitCodeOf(value) ?? exitCodeOf(metadata) ?? exitCodeOf(event.extras) ?? exitCodeInText(output ?? '')
  if (exitCode !== undefined) call.exitCode = exitCode
  // With Docker's default a container's host name is the beginning of its id.
  const hostname = textAt(metadata, 'hostname')
  if (hostname !== undefined) call.boxHints = [hostname]
}

/** V0's actions that touch nothing. */
const noTool = new Set(
  'message system think finish recall change_agent_state condensation condensation_request null reject delegate loop_detection_recovery push send_pr start pause resume stop'.split(
    ' ',
  ),
)

/** What V0 keeps beside a tool's own arguments. */
const ownArguments = [
  'thought',
  'confirmation_state',
  'security_risk',
  'hidden',
  'blocking',
  'is_static',
  'cwd',
]

function keyV0(event: Record<string, unknown>, id: unknown): string | undefined {
  return textAt(recordAt(event, 'tool_call_metadata'), 'tool_call_id') ?? idText(id)
}

function timeOf(value: unknown): Time | undefined {
  if (typeof value === 'string') return parseIso(value)
  return typeof value === 'number' && value > 1e9 && value < 1e11
    ? parseEpochSeconds(value.toFixed(6), 1)
    : undefined
}

/** `…/<conversation>/events/<event>.json` names the conversation by its folder; an export by its file. */
function episodeOf(path: string): string | undefined {
  if (/(?:^|\/)(?:event-)?\d{1,9}(?:-[0-9A-Za-z-]{8,64})?\.json$/.test(path)) {
    return folderAbove(path, 1) === 'events' ? folderAbove(path, 2) : folderAbove(path, 1)
  }
  return fileStem(path, ['.json', '.jsonl'])
}

function without(object: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)))
}
