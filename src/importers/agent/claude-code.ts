// Claude Code's transcripts (`~/.claude/projects/*/*.jsonl`, also those of subagents) and the SDK's
// `--output-format stream-json`, which has the same messages and no times.
//
//   {"type":"assistant","uuid":"b7e2","parentUuid":"a1f4","sessionId":"3f2a","timestamp":"2026-08-10T12:00:05.123Z",
//    "requestId":"req_1","cwd":"/home/a/app","isSidechain":false,"message":{"id":"msg_1","role":"assistant","content":[
//      {"type":"tool_use","id":"toolu_01","name":"Bash","input":{"command":"ls"}}]}}
//   {"type":"user","sessionId":"3f2a","timestamp":"…","message":{"role":"user","content":[
//      {"type":"tool_result","tool_use_id":"toolu_01","content":"Exit code 1\n…","is_error":true}]},
//    "toolUseResult":{"stdout":"…","stderr":"","interrupted":false,"backgroundTaskId":"b1"}}
//
// The format is internal and changes: what is not known is passed over. Rows are lines; a line with several calls
// counts one row for each. A line that answers calls is joined into them. `turn` counts the replies with calls.

import { BoundedMap } from '../../base/bounded-map.ts'
import { parseIso, type Time } from '../../base/time.ts'
import type { ToolCall } from '../../schema/tool-call.ts'
import { defineJsonLinesImporter } from '../api.ts'
import { callText } from './parts/arguments.ts'
import { UntimedCalls } from './parts/file-time.ts'
import { OpenCalls } from './parts/open-calls.ts'
import { exitCodeInText, exitCodeOf, outputText } from './parts/output.ts'
import { at, type Draft, isRecord, listAt, numberAt, recordAt, textAt, toJson } from './parts/values.ts'

/** Lines are written after the screen is: so far may a stamp be from what it speaks of. */
const uncertaintyMs = 50
const sessionsMax = 4096
const repliesMax = 256
const backgroundMax = 4096

interface Session {
  turns: number
  /** Turn of each recent reply: its lines share an id and may be mixed with a subagent's. */
  readonly replies: BoundedMap<string, number>
  lastTime?: Time
}

export const claudeCode = defineJsonLinesImporter({
  id: 'claude-code',
  name: 'Claude Code transcripts and stream-json',
  family: 'agent',
  documentation: 'https://code.claude.com/docs/en/headless',
  recognises: ({ text }) =>
    text.startsWith('{') &&
    /"type"\s*:\s*"(?:user|assistant|system|summary|queue-operation|file-history-snapshot)"/.test(text) &&
    !/"message"\s*:\s*\{[^{}]{0,80}"parts"/.test(text) &&
    ((/"sessionId"\s*:/.test(text) &&
      /"(?:isSidechain|userType|leafUuid|queue-operation|parentUuid)"/.test(text)) ||
      (/"session_id"\s*:/.test(text) && /"parent_tool_use_id"\s*:|"subtype"\s*:\s*"init"/.test(text))),

  start(sink, file) {
    const calls = new OpenCalls(sink)
    const untimed = new UntimedCalls(sink, file)
    const sessions = new BoundedMap<string, Session>(sessionsMax)
    const background = new BoundedMap<string, { call: Draft<ToolCall>; session: Session }>(
      backgroundMax,
      (_, { call }) => sink.toolCall(call),
    )
    let durationMs: number | undefined

    function sessionOf(id: string): Session {
      let session = sessions.get(id)
      if (!session) {
        session = { turns: 0, replies: new BoundedMap(repliesMax) }
        sessions.set(id, session)
      }
      return session
    }

    function reply(row: Record<string, unknown>, line: number, id: string, time: Time | undefined): void {
      const session = sessionOf(id)
      const message = recordAt(row, 'message')
      let found = false
      for (const block of listAt(message, 'content')) {
        if (!isRecord(block) || (block.type !== 'tool_use' && block.type !== 'server_tool_use')) continue
        found = true
        const sourceId = textAt(block, 'id')
        if (sourceId !== undefined && calls.knows(sourceId)) {
          sink.skip('the same call again')
          continue
        }
        const name = textAt(block, 'name') ?? 'unknown'
        const call = {
          name,
          ...callText(name, block.input),
          boxHints: [],
          line,
          ...(id !== '' && { episode: id }),
        }
        const turn = turnOf(session, textAt(message, 'id') ?? textAt(row, 'requestId') ?? textAt(row, 'uuid'))
        const more = { ...call, turn, ...(sourceId !== undefined && { sourceId }) }
        if (time) {
          calls.open(sourceId, { ...more, start: time, uncertaintyMs, timeSource: 'next-record' })
        } else if (row.timestamp === undefined) untimed.add(more)
        else sink.reject(line, 'the time of a call cannot be read', toJson(row).slice(0, 500))
      }
      if (!found) sink.skip('no tool call')
    }

    function answer(row: Record<string, unknown>, id: string, time: Time | undefined): void {
      const results = listAt(recordAt(row, 'message'), 'content').filter(
        (block) => isRecord(block) && typeof block.type === 'string' && block.type.endsWith('tool_result'),
      )
      if (results.length === 0) {
        notified(row, time)
        sink.skip('no tool call')
        return
      }
      const told = results.length === 1 ? (row.toolUseResult ?? row.tool_use_result) : undefined
      for (const result of results) {
        const key = textAt(result, 'tool_use_id')
        if (key === undefined) continue
        const call = calls.get(key)
        const target = call ?? untimed.get(key)
        if (!target) continue
        const output = outputText(told) ?? outputText(at(result, 'content'))
        if (output !== undefined) target.output = output
        const exitCode = exitCodeOf(told) ?? exitCodeInText(outputText(at(result, 'content')) ?? '')
        if (exitCode !== undefined) target.exitCode = exitCode
        if (!call) continue
        const task = textAt(told, 'backgroundTaskId')
        if (task !== undefined) {
          // The answer only says that it runs; it ends when that is told, at the latest with the session.
          const copy: Draft<ToolCall> = { ...call, timeSource: 'transcript' }
          calls.drop(key)
          background.set(task, { call: copy, session: sessionOf(id) })
          continue
        }
        if (time) {
          call.end = time
          call.timeSource = 'transcript'
        }
        calls.close(key)
      }
      sink.skip('joined into its call')
    }

    /** `<task-notification><task-id>b1</task-id>…<status>completed</status>` in a user's or a queue's text. */
    function notified(row: Record<string, unknown>, time: Time | undefined): void {
      const text = textAt(row, 'content') ?? textAt(recordAt(row, 'message'), 'content')
      if (!time || !text?.includes('<task-notification>')) return
      const task = /<task-id>([^<]{1,128})<\/task-id>/.exec(text.slice(0, 4096))?.[1]
      const found = task === undefined ? undefined : background.get(task)
      if (task === undefined || !found || !/<status>(?:completed|failed|killed|stopped)/.test(text)) return
      background.delete(task)
      sink.toolCall({ ...found.call, end: time })
    }

    return {
      row(row, line) {
        const stamp = textAt(row, 'timestamp')
        const time = stamp === undefined ? undefined : parseIso(stamp)
        const id = textAt(row, 'sessionId') ?? textAt(row, 'session_id') ?? ''
        if (time && id !== '') sessionOf(id).lastTime = time
        if (row.type === 'assistant') reply(row, line, id, time)
        else if (row.type === 'user') answer(row, id, time)
        else {
          if (row.type === 'result') durationMs = numberAt(row, 'duration_ms')
          notified(row, time)
          sink.skip('no tool call')
        }
      },
      end() {
        for (const { call, session } of background.values()) {
          sink.toolCall(
            session.lastTime ? { ...call, end: session.lastTime } : { ...call, timeSource: 'next-record' },
          )
        }
        calls.end()
        untimed.end(durationMs)
      },
    }
  },
})

function turnOf(session: Session, reply: string | undefined): number {
  if (reply === undefined) return session.turns++
  const known = session.replies.get(reply)
  if (known !== undefined) return known
  session.replies.set(reply, session.turns)
  return session.turns++
}
