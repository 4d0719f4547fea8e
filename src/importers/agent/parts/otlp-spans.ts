// One OTLP span: a tool call, a span that speaks of its episode, or neither.

import type { Time } from '../../../base/time.ts'
import type { ToolCall } from '../../../schema/tool-call.ts'
import type { Sink } from '../../api.ts'
import { plainValue } from './any-value.ts'
import { callText } from './arguments.ts'
import { type Context, contextOf, type EpisodeContexts } from './episode-context.ts'
import { Generations } from './generations.ts'
import { modelCalls } from './model-calls.ts'
import { parseNano } from './nano-time.ts'
import type { Resource } from './otlp-resources.ts'
import { exitCodeInText, exitCodeOf, outputText } from './output.ts'
import { Attributes } from './span-attributes.ts'
import { slot } from './telemetry-roles.ts'
import { type Draft, listAt, toJson } from './values.ts'

export class SpanReader {
  readonly #sink: Sink
  readonly #contexts: EpisodeContexts
  readonly #attributes = new Attributes()
  /** Traces in which tools have spans of their own. */
  readonly #traced = new Generations<true>(tracesMax)
  #lastTraced = ''
  /** Calls that models asked for, until it is known whether their tools were traced. */
  #asks: Ask[] = []

  constructor(sink: Sink, contexts: EpisodeContexts) {
    this.#sink = sink
    this.#contexts = contexts
  }

  span(value: unknown, line: number, resource: Resource): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.#sink.reject(line, 'a span is no object', toJson(value).slice(0, 500))
      return
    }
    const span = value as Record<string, unknown>
    const id = text(span.spanId ?? span.span_id)
    const trace = text(span.traceId ?? span.trace_id)
    const parent = text(span.parentSpanId ?? span.parent_span_id)
    const key = id === undefined ? undefined : spanKey(id, trace)
    if (key !== undefined && this.#contexts.seen(key)) {
      this.#sink.skip('the same span again')
      return
    }
    const attributes = this.#attributes
    attributes.read(span.attributes)
    const name = typeof span.name === 'string' ? span.name : ''
    const kind = kindOf(name, attributes)
    const own = contextOf(attributes)
    const parentKey = parent === undefined ? undefined : spanKey(parent, trace)
    if (key !== undefined) this.#contexts.span(key, parentKey, trace, own)
    if (kind === 'part') {
      this.#sink.skip('part of a tool call')
      return
    }
    if (kind === 'model' && this.#asked(span, line, own, parentKey, trace, resource)) return
    if ((kind === 'other' || kind === 'model') && (!own || !speaksOfEpisode(own))) {
      this.#sink.skip('no tool call')
      return
    }
    if (kind === 'tool' && trace !== undefined && trace !== this.#lastTraced) {
      this.#traced.set(trace, true)
      this.#lastTraced = trace
    }
    const start = parseNano(span.startTimeUnixNano ?? span.start_time_unix_nano)
    let end = parseNano(span.endTimeUnixNano ?? span.end_time_unix_nano)
    if (kind !== 'tool') {
      const window: { start?: Time; end?: Time; line: number } = { line }
      if (start) window.start = start
      if (end) window.end = end
      this.#contexts.add(window, own ?? {}, parentKey, trace, resource)
      return
    }
    if (!start) {
      this.#sink.reject(line, 'a tool span without a start time', toJson(span).slice(0, 500))
      return
    }
    let uncertaintyMs = 0
    if (end && end.us < start.us) {
      uncertaintyMs = (start.us - end.us) / 1000
      end = undefined
    }
    const tool = toolName(name, attributes)
    const call: Draft<ToolCall> = {
      name: tool,
      command: '',
      start,
      uncertaintyMs,
      timeSource: end ? 'span' : 'next-record',
      boxHints: [],
      line,
    }
    if (end) call.end = end
    describe(call, attributes, span.events)
    const turn = attributes.index(slot.turn)
    if (turn !== undefined) call.turn = turn
    if (resource.sensor !== undefined) call.sensor = resource.sensor
    this.#contexts.add(call, own ?? {}, parentKey, trace, resource)
  }

  /** Traces without a span of a tool: there, what the model asked for is all that is known of calls. */
  end(): void {
    for (const { calls, own, parent, trace, resource } of this.#asks) {
      if (this.#traced.has(trace)) this.#sink.skip('no tool call')
      else for (const call of calls) this.#contexts.add(call, { ...own }, parent, trace, resource)
    }
    this.#asks = []
  }

  /** Keeps the calls of a model's answer; false when there are none. */
  #asked(
    span: Record<string, unknown>,
    line: number,
    own: Context | undefined,
    parent: string | undefined,
    trace: string | undefined,
    resource: Resource,
  ): boolean {
    if (trace === undefined || this.#asks.length >= asksMax || this.#traced.has(trace)) return false
    // They begin when the answer is there.
    const start = parseNano(span.endTimeUnixNano ?? span.end_time_unix_nano)
    const asked = start ? modelCalls(span.attributes) : []
    if (!start || asked.length === 0) return false
    const turn = this.#attributes.index(slot.turn)
    const calls = asked.map(({ id, name = 'unknown', arguments: args }) => ({
      name,
      ...callText(name, args),
      start,
      uncertaintyMs: 0,
      timeSource: 'next-record' as const,
      boxHints: [],
      line,
      ...(id !== undefined && { sourceId: id }),
      ...(turn !== undefined && { turn }),
      ...(resource.sensor !== undefined && { sensor: resource.sensor }),
    }))
    this.#asks.push({ calls, own: own ?? {}, parent, trace, resource })
    return true
  }
}

interface Ask {
  readonly calls: readonly Draft<ToolCall>[]
  readonly own: Context
  readonly parent: string | undefined
  readonly trace: string
  readonly resource: Resource
}

const tracesMax = 262_144
/** Beyond it, answers with calls count as answers only. */
const asksMax = 16_384

/** What a call was asked and what it answered, from attributes (and a span's events). */
export function describe(call: Draft<ToolCall>, attributes: Attributes, events?: unknown): void {
  const callId = attributes.id(slot.callId)
  if (callId !== undefined) call.sourceId = callId
  let args = attributes.get(slot.arguments)
  let result = attributes.get(slot.result)
  if (Array.isArray(events) && events.length > 0 && (args === undefined || result === undefined)) {
    const told = fromEvents(events)
    args ??= told.args
    result ??= told.result
    if (told.id !== undefined) call.sourceId ??= told.id
  }
  const { command, writes } = callText(call.name, args)
  call.command = command
  if (writes) call.writes = writes
  const output = outputText(result)
  if (output !== undefined) call.output = output
  const exitCode =
    attributes.number(slot.exitCode) ??
    exitCodeOf(result) ??
    (typeof result === 'string' ? exitCodeInText(result) : undefined)
  if (exitCode !== undefined && Number.isInteger(exitCode)) call.exitCode = exitCode
}

/** Older conventions put contents into events: `gen_ai.tool.message` what was asked, `gen_ai.choice` what came. */
function fromEvents(events: readonly unknown[]): { args?: unknown; result?: unknown; id?: string } {
  const told: { args?: unknown; result?: unknown; id?: string } = {}
  for (const event of events.slice(0, 64)) {
    const name = typeof event === 'object' && event !== null ? (event as { name?: unknown }).name : undefined
    if (name !== 'gen_ai.tool.message' && name !== 'gen_ai.choice' && name !== 'tool.output') continue
    for (const pair of listAt(event, 'attributes')) {
      const { key, value } = (pair ?? {}) as { key?: unknown; value?: unknown }
      const content = plainValue(value)
      if (key === 'content' || key === 'input') {
        if (name === 'gen_ai.tool.message') told.args ??= content
        else told.result ??= content
      } else if (key === 'id' && typeof content === 'string') told.id ??= content
      else if (key === 'message' || key === 'output') told.result ??= content
    }
  }
  return told
}

type Kind = 'tool' | 'part' | 'agent' | 'model' | 'other'

function kindOf(name: string, attributes: Attributes): Kind {
  // Claude Code: below `claude_code.tool`, one span waits for the user and one runs the tool.
  if (name.startsWith('claude_code.tool.')) return 'part'
  const operation = attributes.text(slot.operation)
  if (operation === 'execute_tool' || operation === 'tool_call') return 'tool'
  if (operation === 'invoke_agent') return 'agent'
  if (operation === 'chat' || operation === 'generate_content' || operation === 'text_completion')
    return 'model'
  const kind = attributes.text(slot.kind)
  if (kind !== undefined) {
    const word = kind.toLowerCase()
    if (word === 'tool') return 'tool'
    if (word === 'agent') return 'agent'
    if (word === 'llm' || word === 'generation') return 'model'
    if (operation === undefined && word !== 'span' && word !== 'chain' && word !== 'unknown') return 'other'
  }
  if (attributes.text(slot.method) === 'tools/call') return 'tool'
  if (operation !== undefined) return 'other'
  if (name.endsWith('.chat') || name === 'ai.generateText.doGenerate') return 'model'
  if (name.startsWith('execute_tool ') || name.startsWith('tools/call ') || name === 'ai.toolCall')
    return 'tool'
  if (name === 'claude_code.tool' || name === 'running tool') return 'tool'
  if (attributes.text(slot.toolName) !== undefined && attributes.rank(slot.toolName) <= toolNameRankMax)
    return 'tool'
  if (name.startsWith('invoke_agent')) return 'agent'
  return 'other'
}

/** `gen_ai.tool.name`, `tool.name`, `tool_name`, `ai.toolCall.name`, `mcp.tool.name`: on no other span. */
const toolNameRankMax = 4

function toolName(span: string, attributes: Attributes): string {
  const name = attributes.text(slot.toolName)
  if (name !== undefined) return name
  for (const prefix of ['execute_tool ', 'tools/call ', 'running tool: ']) {
    if (span.startsWith(prefix) && span.length > prefix.length) return span.slice(prefix.length)
  }
  return span === '' ? 'unknown' : span
}

/** Span ids are promised to be unique within their trace only; eight random bytes are unique without it. */
function spanKey(id: string, trace: string | undefined): string {
  return id.length >= 12 || trace === undefined ? id : `${trace} ${id}`
}

function speaksOfEpisode(own: Context): boolean {
  return (
    own.episode !== undefined ||
    own.step !== undefined ||
    own.reward !== undefined ||
    own.policyVersion !== undefined ||
    own.run !== undefined
  )
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
