// The access log of ROCK's Admin (and of its Rocklet): what was sent into which sandbox, off-sandbox, ms exact.
//
//   2026-03-07T09:31:05.123+08:00 INFO:main.py:335 [accessLog] [sandbox] [trace] -- {
//     "access_type": "request", "method": "POST", "url": "http://admin:8080/apis/envs/sandbox/v1/run_in_session",
//     "headers": { … }, "request_content": { "action_type": "bash", "session": "bash-17", "command": "…", … }
//   }
//   2026-03-07T09:31:05.980+08:00 INFO:main.py:347 [accessLog] [sandbox] [trace] -- {
//     "access_type": "response", "status_code": 200, "process_time": "856.40ms"
//   }
//
// A row is one such record, wherever it ends; a record whose command hands a model's answer to the agent
// (`anti-call-llm`) is one row for each tool call in the answer. Their window reaches to the next answer's request,
// or to the moment when the agent's next question was seen to be there. Headers hold secrets and are not kept.

import type { ToolCall } from '../../schema/tool-call.ts'
import { defineLinesImporter, type Sink } from '../api.ts'
import { type RockHeader, rockHeader } from '../rock-header.ts'
import { withoutRockSecrets } from '../rock-secrets.ts'
import { callText } from './parts/arguments.ts'
import { callsOfReply } from './parts/model-reply.ts'
import { antiCall, fileRead, isPoll, unwrapNohup } from './parts/rock-command.ts'
import { OpenCalls, type Place } from './parts/rock-open-calls.ts'
import { shellText } from './parts/shell-words.ts'
import {
  at,
  type Draft,
  idText,
  isRecord,
  parseJsonText,
  recordAt,
  textAt,
  toNumber,
} from './parts/values.ts'

/** Longest record; a longer one is rejected. */
const recordCharsMax = 16 * 1024 * 1024

export const rockAdminLog = defineLinesImporter({
  id: 'rock-admin-log',
  name: 'ROCK Admin or Rocklet access log',
  family: 'agent',
  documentation: 'https://github.com/alibaba/ROCK/blob/master/rock/admin/main.py',
  ownRows: true,
  recognises: (head) =>
    /\[(?:[\w.]{1,40}\.)?accessLog\] \[/.test(head.text) &&
    head.lines.some((line) => rockHeader(line) !== undefined),
  start(sink) {
    const open = new OpenCalls(sink)
    let header: RockHeader | undefined
    let body: string[] = []
    let chars = 0
    let line = 0
    let ended = false
    let tail = false

    const finish = (cut: boolean) => {
      if (header) record(header, body.join('\n'), line, cut, open, sink)
      header = undefined
      body = []
      chars = 0
      ended = false
    }
    return {
      line(text, number) {
        const next = rockHeader(text)
        if (next) {
          finish(false)
          header = next
          line = number
          if (isAccess(next)) {
            body = [next.message]
            chars = next.message.length
          }
          return
        }
        if (!header) {
          if (!tail) sink.reject(number, 'the log begins inside a record', withoutRockSecrets(text))
          tail = true
          return
        }
        if (!isAccess(header)) return // A traceback or the like belongs to its record.
        if (ended) {
          sink.skip('text between records')
          return
        }
        chars += text.length + 1
        if (chars <= recordCharsMax) body.push(text)
        // `indent=2`: only the last brace stands at a line's start.
        if (text.trimEnd() === '}') ended = true
      },
      end(cut) {
        finish(cut)
        open.end()
      },
    }
  },
})

function isAccess(header: RockHeader): boolean {
  return header.logger === 'accessLog' || header.logger.endsWith('.accessLog')
}

function record(
  header: RockHeader,
  body: string,
  line: number,
  cut: boolean,
  open: OpenCalls,
  sink: Sink,
): void {
  if (!isAccess(header)) {
    sink.skip('a record of another logger')
    return
  }
  const value = parseJsonText(body)
  if (!isRecord(value)) {
    if (!body.trimStart().startsWith('{') && body.trim() !== '') sink.skip('a message, not an access record')
    else sink.reject(line, cut ? 'the record is cut off' : 'the record is not JSON', withoutRockSecrets(body))
    return
  }
  const type = textAt(value, 'access_type')
  if (type === 'request') request(header, value, line, open, sink)
  else if (type === 'response') {
    const joined = open.response(header, processUs(at(value, 'process_time')))
    sink.skip(joined ? 'joined into its call' : 'an answer to no command')
  } else sink.reject(line, 'the record has no access_type request or response', withoutRockSecrets(body))
}

/** `12.34ms` in µs. */
function processUs(value: unknown): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,6})?) ?(ms|s)?$/.exec(typeof value === 'string' ? value : '')
  return match ? Number(match[1]) * (match[2] === 's' ? 1e6 : 1e3) : undefined
}

function request(
  header: RockHeader,
  value: Record<string, unknown>,
  line: number,
  open: OpenCalls,
  sink: Sink,
): void {
  const content = recordAt(value, 'request_content') ?? {}
  const url = textAt(value, 'url') ?? ''
  const path = url.replace(/^[a-z]+:\/\/[^/]{0,1000}/i, '').replace(/[?#][\s\S]*$/, '')
  const action = path.slice(path.lastIndexOf('/') + 1)
  const box =
    header.sandbox ||
    idText(at(content, 'sandbox_id')) ||
    /\/sandboxes\/([^/]{1,200})\//.exec(path)?.[1] ||
    ''
  const context = contextOf(header, value, box, line)

  if (action === 'stop' || action === 'delete' || action === 'close' || action === 'archive') {
    open.closeBox(box, header.time)
    open.request(header)
    sink.skip('no command')
    return
  }
  const written = shellText(at(content, 'command')) ?? textAt(content, 'action')
  if (action === 'write_file') {
    const { command, writes } = callText(action, {
      path: at(content, 'path'),
      content: at(content, 'content'),
    })
    open.add({ ...context, name: action, command, ...(writes && { writes }) }, header, {})
    return
  }
  if (written === undefined) {
    open.request(header)
    sink.skip('no command')
    return
  }
  const session = textAt(content, 'session') ?? ''
  if (isPoll(written)) {
    open.poll(box, session, header.time)
    open.request(header)
    sink.skip('a look whether a command still runs')
    return
  }
  const read = fileRead(written)
  if (read && open.outputRead(box, session, read, header.time)) {
    open.request(header)
    sink.skip('the output of a command that ended')
    return
  }
  open.sessionUsed(box, session, header.time)
  const { command, outputFile } = unwrapNohup(written)
  const answer = antiCall(written)
  if (answer?.responseFile === undefined && answer) {
    answered(answer, context, header, { box, session, outputFile }, open, sink)
    return
  }
  if (answer) open.nextAnswer({ box, session, outputFile }, answer.index, header.time)
  open.add({ ...context, name: action, command: callText(action, command).command }, header, {
    ...(outputFile && { background: { box, session, outputFile } }),
  })
}

/** A model's answer on its way to the agent: its tool calls are what the agent does next. */
function answered(
  answer: { readonly index: number; readonly response?: string },
  context: Context,
  header: RockHeader,
  place: Place,
  open: OpenCalls,
  sink: Sink,
): void {
  open.request(header)
  if (open.isRepeat(place.box, answer.index)) {
    open.again(place)
    sink.skip('an answer sent again')
    return
  }
  open.nextAnswer(place, answer.index, header.time)
  if (answer.response === undefined) {
    sink.skip('no tool call')
    return
  }
  const reply = parseJsonText(answer.response)
  if (reply === undefined) {
    sink.reject(context.line, 'the answer to the agent is not JSON', answer.response)
    return
  }
  const calls = callsOfReply(reply)
  if (calls.length === 0) sink.skip('no tool call')
  const source = calls.length > 1 ? 'batch' : 'next-record'
  for (const { id, name, args } of calls) {
    const { command, writes } = callText(name, args)
    open.addAnswered({
      ...context,
      ...(id && { sourceId: id }),
      ...(answer.index > 0 && { turn: answer.index - 1 }),
      name,
      command,
      ...(writes && { writes }),
      timeSource: source,
    })
  }
}

type Context = Pick<ToolCall, 'start' | 'uncertaintyMs' | 'timeSource' | 'boxHints' | 'line'>

function contextOf(header: RockHeader, value: unknown, box: string, line: number): Context {
  const headers = recordAt(value, 'headers')
  const context: Draft<Context & Pick<ToolCall, 'run' | 'episode' | 'step'>> = {
    start: header.time,
    uncertaintyMs: 0,
    timeSource: 'executor',
    boxHints: box ? [box] : [],
    line,
  }
  const run = textAt(headers, 'x-experiment-id')
  if (run && run !== 'default') context.run = run.slice(0, 256)
  // Only what a client chose itself says something; Admin makes up 32 hex digits, EagleEye 30.
  const trace = textAt(headers, 'eagleeye-traceid')
  if (trace && !/^[0-9a-f-]{16,64}(?:\.[0-9.]{1,20})?$/i.test(trace)) {
    context.episode = trace.slice(0, 256)
    const step = toNumber(/(?:^|[^a-z])(?:global_?)?step[-_=:]?(\d{1,9})(?!\d)/i.exec(trace)?.[1])
    if (step !== undefined) context.step = step
  }
  return context
}
