// One sample of an Inspect log: its tool events become calls, what they ran in the sandbox is joined to them.
//
//   {"event":"tool","id":"call_1","function":"bash","arguments":{"cmd":"ls"},"result":"a b","span_id":"s9",
//    "timestamp":"2026-03-07T09:31:05.123456+00:00","completed":"2026-03-07T09:31:06.001000+00:00","error":null}
//   {"event":"sandbox","action":"exec","cmd":"bash --login -c ls","result":0,"output":"a b","span_id":"s9","timestamp":…}
// Texts beyond 100 characters stand as `attachment://<hash>` (or `<index>`), their content elsewhere in the sample;
// a sample is therefore given out when all of it was read.

import type { Time } from '../../../base/time.ts'
import { parseIso } from '../../../base/time.ts'
import { type EpisodeRecord, limits, type ToolCall } from '../../../schema/tool-call.ts'
import type { Sink } from '../../api.ts'
import { callText } from './arguments.ts'
import { cutCommand, cutText } from './cut.ts'
import { callsOfMessage } from './model-reply.ts'
import { outputText } from './output.ts'
import { shellText } from './shell-words.ts'
import { at, type Draft, idText, isRecord, listAt, recordAt, textAt, toIndex, toNumber } from './values.ts'
import { wordsOfShell } from './words-of-shell.ts'

/** Tool and sandbox events kept of one sample; later ones are rejected. */
const eventsMax = 200_000
/** Characters of attachments kept of one sample. */
const attachmentCharsMax = 64 * 1024 * 1024
const attachmentTextMax = limits.writeChars

/** Parallel tool calls looked at to find the one that something ran for. */
const aroundMax = 64

interface Ran {
  readonly call: Draft<ToolCall>
  readonly span: string | undefined
  readonly ran: string[]
}

interface Kept {
  readonly kind: 'tool' | 'sandbox'
  readonly value: Record<string, unknown>
  readonly line: number
  readonly turn: number
}

export class InspectSample {
  #events: Kept[] = []
  #asked: { readonly message: unknown; readonly turn: number }[] = []
  #attachments = new Map<string, string>()
  #attachmentChars = 0
  #first: Time | undefined
  #last: Time | undefined
  #turn = -1
  #messageTurn = -1
  id: string | undefined
  epoch: string | undefined
  run: string | undefined
  started: Time | undefined
  completed: Time | undefined
  reward: number | undefined
  line = 1

  /** An element of `events`. */
  event(value: unknown, line: number, sink: Sink): void {
    const kind = textAt(value, 'event')
    if (kind === 'model') this.#turn++
    // Older logs do not say when a sample began and ended.
    const time = stamp(at(value, 'timestamp'))
    this.#first ??= time
    this.#last = stamp(at(value, 'completed')) ?? time ?? this.#last
    if (!isRecord(value) || kind === undefined) {
      sink.reject(line, 'an event without a kind', JSON.stringify(value) ?? '')
    } else if (kind !== 'tool' && kind !== 'sandbox') sink.skip('no tool call')
    else if (kind === 'sandbox' && at(value, 'action') === 'read_file') sink.skip('a file was read')
    else if (this.#events.length >= eventsMax) {
      sink.reject(line, `more than ${eventsMax} tool events in one sample`, textAt(value, 'function') ?? '')
    } else this.#events.push({ kind, value, line, turn: Math.max(0, this.#turn) })
  }

  /** An element of `messages`: used only when the log has no tool events. */
  message(value: unknown): void {
    const role = textAt(value, 'role')
    if (role === 'assistant') this.#messageTurn++
    if (role !== 'assistant' && role !== 'tool') return
    if (role === 'assistant' && listAt(value, 'tool_calls').length === 0) return
    if (this.#asked.length < eventsMax) this.#asked.push({ message: value, turn: this.#messageTurn })
  }

  attachment(key: string, value: unknown): void {
    if (typeof value !== 'string' || this.#attachmentChars > attachmentCharsMax) return
    const text = cutText(value, attachmentTextMax)
    this.#attachmentChars += text.length
    this.#attachments.set(key, text)
  }

  /** A field of the sample itself. */
  field(key: string, value: unknown): void {
    if (key === 'id') this.id = idText(value) ?? this.id
    else if (key === 'epoch') this.epoch = idText(value) ?? this.epoch
    else if (key === 'started_at') this.started = stamp(value) ?? this.started
    else if (key === 'completed_at') this.completed = stamp(value) ?? this.completed
    else if (key === 'scores') this.reward = rewardOf(value) ?? this.reward
    else if (key === 'score') this.reward = scoreOf(at(value, 'value')) ?? this.reward
  }

  get episode(): string {
    return `${this.id ?? 'sample'}_epoch_${this.epoch ?? '1'}`
  }

  finish(sink: Sink): void {
    const common = this.#common()
    const tools = this.#events.filter((kept) => kept.kind === 'tool')
    const calls: Ran[] = []
    for (const { value, line, turn } of tools) {
      const start = stamp(at(value, 'timestamp'))
      const name = textAt(value, 'function') ?? 'unknown'
      if (!start) {
        sink.reject(line, 'the tool event has no timestamp', JSON.stringify(value))
        continue
      }
      const end = stamp(at(value, 'completed'))
      const call: Draft<ToolCall> = {
        ...common,
        turn,
        name,
        ...callText(name, this.#resolved(at(value, 'arguments'), 0)),
        start,
        uncertaintyMs: 0,
        timeSource: end ? 'executor' : 'next-record',
        line,
      }
      const id = idText(at(value, 'id'))
      if (id !== undefined) call.sourceId = id
      if (end && end.us >= start.us) call.end = end
      const output = outputText(this.#resolved(at(value, 'result'), 0))
      const error = this.#resolved(at(recordAt(value, 'error'), 'message'), 0)
      if (output) call.output = output
      else if (typeof error === 'string' && error) call.output = cutText(error, limits.outputChars)
      calls.push({ call, span: textAt(value, 'span_id'), ran: [] })
    }
    calls.sort((a, b) => a.call.start.us - b.call.start.us)
    for (const kept of this.#events) if (kept.kind === 'sandbox') this.#sandbox(kept, calls, common, sink)
    for (const { call, ran } of calls) {
      if (ran.length > 0) call.command = cutCommand([call.command, ...ran].join('\n'))
      sink.toolCall(call)
    }
    if (tools.length === 0) this.#fromMessages(common, sink)
    const start = this.started ?? this.#first
    const end = this.completed ?? this.#last
    const record: EpisodeRecord = {
      episode: this.episode,
      ...(this.run !== undefined && { run: this.run }),
      ...(this.reward !== undefined && { reward: this.reward }),
      ...(start && { start }),
      ...(end && { end }),
      boxHints: [],
      line: this.line,
    }
    sink.episode(record)
  }

  #common(): Pick<ToolCall, 'episode' | 'boxHints'> & Partial<Pick<ToolCall, 'run' | 'reward'>> {
    return {
      episode: this.episode,
      ...(this.run !== undefined && { run: this.run }),
      ...(this.reward !== undefined && { reward: this.reward }),
      boxHints: [],
    }
  }

  /** What ran in the sandbox within a tool's span is that tool's doing; the rest (set-up, scoring) stands alone. */
  #sandbox(
    { value, line, turn }: Kept,
    calls: readonly Ran[],
    common: Pick<ToolCall, 'episode' | 'boxHints'>,
    sink: Sink,
  ): void {
    const start = stamp(at(value, 'timestamp'))
    if (!start) {
      sink.reject(line, 'the sandbox event has no timestamp', JSON.stringify(value))
      return
    }
    const cmd = this.#resolved(at(value, 'cmd'), 0)
    const words = typeof cmd === 'string' ? wordsOfShell(cmd) : []
    const command = typeof cmd === 'string' ? ((words.length < 50 ? shellText(words) : undefined) ?? cmd) : ''
    const file = textAt(value, 'file')
    const input = this.#resolved(at(value, 'input'), 0)
    const writes =
      file && typeof input === 'string'
        ? [{ path: file, content: cutText(input, limits.writeChars) }]
        : undefined
    const span = textAt(value, 'span_id')
    const owner = ownerOf(calls, span, start)
    if (owner) {
      if (command && !mentions(owner.call.command, command) && !owner.ran.includes(command)) {
        if (owner.ran.length < 100) owner.ran.push(command)
      }
      if (writes) owner.call.writes = [...(owner.call.writes ?? []), ...writes].slice(0, limits.writes)
      const code = toIndex(at(value, 'result'))
      if (code !== undefined && at(value, 'action') === 'exec') owner.call.exitCode = code
      sink.skip('joined into its call')
      return
    }
    const end = stamp(at(value, 'completed'))
    const output = outputText(this.#resolved(at(value, 'output'), 0))
    const exitCode = toNumber(at(value, 'result'))
    sink.toolCall({
      ...common,
      turn,
      name: `sandbox_${textAt(value, 'action') ?? 'exec'}`,
      command: cutCommand(command || file || ''),
      ...(writes && { writes }),
      ...(output && { output }),
      ...(exitCode !== undefined && Number.isInteger(exitCode) && { exitCode }),
      start,
      ...(end && end.us >= start.us && { end }),
      uncertaintyMs: 0,
      timeSource: end ? 'executor' : 'next-record',
      line,
    })
  }

  /** A log without events: the messages name the calls, the sample's own times are the only ones. */
  #fromMessages(common: Pick<ToolCall, 'episode' | 'boxHints'>, sink: Sink): void {
    const outputs = new Map<string, string>()
    for (const { message } of this.#asked) {
      const id = idText(at(message, 'tool_call_id'))
      const output = id && outputText(this.#resolved(at(message, 'content'), 0))
      if (id && output) outputs.set(id, output)
    }
    for (const { message, turn } of this.#asked) {
      for (const { id, name, args } of toolCallsOf(message)) {
        if (!this.started) {
          sink.reject(this.line, 'a tool call in a log without any time', name)
          continue
        }
        const output = id === undefined ? undefined : outputs.get(id)
        sink.toolCall({
          ...common,
          ...(id !== undefined && { sourceId: id }),
          turn: Math.max(0, turn),
          name,
          ...callText(name, this.#resolved(args, 0)),
          ...(output !== undefined && { output }),
          start: this.started,
          ...(this.completed && { end: this.completed }),
          uncertaintyMs: 1000,
          timeSource: 'episode',
          line: this.line,
        })
      }
    }
  }

  /** The same value with its attachments put in. */
  #resolved(value: unknown, depth: number): unknown {
    if (typeof value === 'string') {
      if (!value.startsWith('attachment://')) return value
      return this.#attachments.get(value.slice('attachment://'.length)) ?? value
    }
    if (depth > 16 || typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map((item) => this.#resolved(item, depth + 1))
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.#resolved(item, depth + 1)]),
    )
  }
}

/** `{"id","function","arguments"}` is Inspect's own form; the function may also be OpenAI's object. */
function toolCallsOf(message: unknown): { id?: string; name: string; args: unknown }[] {
  const own = listAt(message, 'tool_calls').flatMap((call) => {
    const name = textAt(call, 'function')
    const id = idText(at(call, 'id'))
    return name ? [{ ...(id !== undefined && { id }), name, args: at(call, 'arguments') }] : []
  })
  return own.length > 0 ? own : callsOfMessage({ ...(isRecord(message) && message), content: '' })
}

/** `calls` in the order of their starts. Looks at the calls begun shortly before, at most `aroundMax`. */
function ownerOf(calls: readonly Ran[], span: string | undefined, start: Time): Ran | undefined {
  let low = 0
  let high = calls.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((calls[middle]?.call.start.us ?? 0) <= start.us) low = middle + 1
    else high = middle
  }
  let inside: Ran | undefined
  for (let i = low - 1; i >= 0 && i >= low - aroundMax; i--) {
    const one = calls[i]!
    if (one.call.end && one.call.end.us < start.us) continue
    if (span !== undefined && one.span === span) return one
    // Of nested and parallel ones, the one begun last. An open call has no end to lie before: its span decides.
    if (!inside && one.call.end) inside = one
  }
  return inside
}

function mentions(command: string, ran: string): boolean {
  return command !== '' && (ran.includes(command) || command.includes(ran))
}

function stamp(value: unknown): Time | undefined {
  return typeof value === 'string' ? parseIso(value) : undefined
}

/** The first score that is a number or one of Inspect's letters. */
function rewardOf(scores: unknown): number | undefined {
  if (!isRecord(scores)) return undefined
  for (const score of Object.values(scores)) {
    const value = scoreOf(isRecord(score) ? at(score, 'value') : score)
    if (value !== undefined) return value
  }
  return undefined
}

const letters: Readonly<Record<string, number>> = { C: 1, I: 0, P: 0.5, N: 0 }

function scoreOf(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string' && Object.hasOwn(letters, value)) return letters[value]
  return toNumber(value)
}
