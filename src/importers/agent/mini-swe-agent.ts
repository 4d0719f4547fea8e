// mini-swe-agent trajectories, `<instance>.traj.json`.
//
//   {"info":{"mini_version":"2.1.0","config":{…},"exit_status":"Submitted"},
//    "messages":[
//     {"role":"assistant","content":"…","extra":{"actions":[{"command":"ls","tool_call_id":"c1"}],"timestamp":1764000000.12}},
//     {"role":"tool","tool_call_id":"c1","content":"…","extra":{"raw_output":"…","returncode":0,"timestamp":1764000001.5}}],
//    "trajectory_format":"mini-swe-agent-1.1","instance_id":"django__django-11099"}
//
// Format 1.0 has the command in a fenced block of the text, and in its first versions no times. All actions of a
// reply run before any of their observations is stamped: they share one window. Rows are messages; a reply counts
// one row for each of its actions.

import { parseEpochSeconds, type Time } from '../../base/time.ts'
import type { ToolCall } from '../../schema/tool-call.ts'
import { defineJsonImporter } from '../api.ts'
import { callText } from './parts/arguments.ts'
import { cutOutput } from './parts/cut.ts'
import { type Untimed, UntimedCalls } from './parts/file-time.ts'
import { fileStem } from './parts/path-names.ts'
import { at, type Draft, isRecord, listAt, recordAt, textAt, toJson } from './parts/values.ts'

/** Between an act and its stamp lies only the program's own work. */
const uncertaintyMs = 50

export const miniSweAgent = defineJsonImporter({
  id: 'mini-swe-agent',
  name: 'mini-swe-agent trajectories, .traj.json',
  family: 'agent',
  documentation: 'https://mini-swe-agent.com/latest/usage/output_files/',
  items: ['messages.*', 'instance_id'],
  recognises: ({ text }) =>
    /"trajectory_format"\s*:\s*"mini-swe-agent/.test(text) ||
    (/"mini_version"\s*:/.test(text) && /"info"\s*:/.test(text)),

  start(sink, file) {
    const untimed = new UntimedCalls(sink, file)
    let episode = fileStem(file.path, ['.traj.json', '.traj', '.json', '.jsonl'])
    let turn = 0
    /** Calls of the last reply that wait for their observations. */
    let waiting: (Draft<ToolCall> | Untimed)[] = []
    let next = 0

    function flush(): void {
      for (const call of waiting) if (isTimed(call)) sink.toolCall(call)
      waiting = []
      next = 0
    }

    function reply(message: Record<string, unknown>, line: number): void {
      flush()
      const commands = actionsOf(message)
      if (commands.length === 0) {
        sink.skip('no tool call')
        return
      }
      const start = stampOf(message)
      for (const { command, id } of commands) {
        const call: Untimed = {
          name: 'bash',
          command: callText('bash', command).command,
          boxHints: [],
          line,
          turn,
          ...(episode !== undefined && { episode }),
          ...(id !== undefined && { sourceId: id }),
        }
        if (start) waiting.push({ ...call, start, uncertaintyMs, timeSource: 'next-record' })
        else {
          untimed.add(call)
          waiting.push(call)
        }
      }
      turn++
    }

    function observation(message: Record<string, unknown>): void {
      const extra = recordAt(message, 'extra')
      const id = textAt(message, 'tool_call_id')
      const call =
        (id === undefined ? undefined : waiting.find((one) => one.sourceId === id)) ?? waiting[next]
      const content = textAt(message, 'content')
      if (
        !call ||
        !(extra?.returncode !== undefined || message.role === 'tool' || content?.includes('<returncode>'))
      ) {
        sink.skip('no tool call')
        return
      }
      next++
      const told = legacyResult(content)
      const output = textAt(extra, 'raw_output') ?? told.output ?? textAt(extra, 'exception_info')
      if (output !== undefined) call.output = cutOutput(output)
      const code = at(extra, 'returncode') ?? told.returncode
      if (typeof code === 'number' && Number.isInteger(code)) call.exitCode = code
      const end = stampOf(message)
      if (isTimed(call) && end && end.us >= call.start.us) {
        call.end = end
        call.timeSource = waiting.length > 1 ? 'batch' : 'transcript'
      }
      sink.skip('joined into its call')
    }

    return {
      item(path, value, line) {
        if (path === 'instance_id') {
          if (typeof value === 'string' && value !== '') episode = value
          sink.skip('header')
          return
        }
        if (!isRecord(value)) {
          sink.reject(line, 'a message is no object', toJson(value).slice(0, 500))
          return
        }
        if (value.role === 'assistant') reply(value, line)
        else observation(value)
      },
      end() {
        flush()
        untimed.end()
      },
    }
  },
})

function isTimed(call: Draft<ToolCall> | Untimed): call is Draft<ToolCall> {
  return 'start' in call
}

function stampOf(message: Record<string, unknown>): Time | undefined {
  const stamp = at(recordAt(message, 'extra'), 'timestamp') ?? message.timestamp
  return typeof stamp === 'number' && stamp > 1e9 ? parseEpochSeconds(stamp.toFixed(6), 1) : undefined
}

function actionsOf(message: Record<string, unknown>): { command: unknown; id: string | undefined }[] {
  const extra = recordAt(message, 'extra')
  if (Array.isArray(extra?.actions)) {
    return listAt(extra, 'actions').map((action) =>
      typeof action === 'string'
        ? { command: action, id: undefined }
        : { command: at(action, 'command') ?? at(action, 'action'), id: textAt(action, 'tool_call_id') },
    )
  }
  const content = textAt(message, 'content')
  const command = content === undefined ? undefined : onlyBlock(content)
  return command === undefined ? [] : [{ command, id: undefined }]
}

/** Format 1.0: exactly one ```bash block is an action; several or none were refused by the agent. */
function onlyBlock(content: string): string | undefined {
  for (const fence of ['```mswea_bash_command\n', '```bash\n']) {
    const from = content.indexOf(fence)
    if (from < 0) continue
    const to = content.indexOf('\n```', from + fence.length - 1)
    if (to < 0 || content.indexOf(fence, to + 4) >= 0) return undefined
    return content.slice(from + fence.length, to).trim()
  }
  return undefined
}

/** `<returncode>0</returncode>\n<output>\n…</output>`, as the default template shows it to the model. */
function legacyResult(content: string | undefined): { output?: string; returncode?: number } {
  if (content === undefined) return {}
  const code = /<returncode>(-?\d{1,10})<\/returncode>/.exec(content.slice(0, 4096))?.[1]
  const from = content.indexOf('<output>')
  const end = content.lastIndexOf('</output>')
  const result: { output?: string; returncode?: number } = {}
  if (code !== undefined) result.returncode = Number(code)
  if (from >= 0) result.output = content.slice(from + 8, end > from ? end : undefined).trim()
  return result
}
