// One OTLP span: a tool call, a span that speaks of its episode, or neither.

import type { ToolCall } from '../../../schema/tool-call.ts'
import type { Sink } from '../../api.ts'
import { plainValue } from './any-value.ts'
import { callText } from './arguments.ts'
import { speaksOfEpisode } from './episode-context.ts'
import type { EpisodeWindow } from './episode-windows.ts'
import { modelCalls } from './model-calls.ts'
import { parseNano } from './nano-time.ts'
import type { Resource } from './otlp-resources.ts'
import { exitCodeInText, exitCodeOf, outputText } from './output.ts'
import { Attributes } from './span-attributes.ts'
import { SpanIds } from './span-id.ts'
import { slot } from './telemetry-roles.ts'
import { rowKinds, type TraceRows } from './trace-rows.ts'
import { type Draft, isRecord, listAt, toJson } from './values.ts'

/** What is used of a span, however it was parsed. */
export interface SpanFields {
  readonly id: string | undefined
  readonly trace: string | undefined
  readonly parent: string | undefined
  readonly name: string
  readonly start: unknown
  readonly end: unknown
  /** As OTLP writes them, or already sorted. */
  readonly attributes: unknown
  events(): unknown
  /** All of it. */
  value(): unknown
}

export class SpanReader {
  readonly #sink: Sink
  readonly #rows: TraceRows
  readonly #attributes = new Attributes()
  readonly #traced = new RecentTraces()

  constructor(sink: Sink, rows: TraceRows) {
    this.#sink = sink
    this.#rows = rows
  }

  /** A span as JSON.parse gives it. */
  value(value: unknown, line: number, resource: Resource): void {
    if (!isRecord(value)) {
      this.#sink.reject(line, 'a span is no object', toJson(value).slice(0, 500))
      return
    }
    this.span(
      {
        id: text(value.spanId ?? value.span_id),
        trace: text(value.traceId ?? value.trace_id),
        parent: text(value.parentSpanId ?? value.parent_span_id),
        name: typeof value.name === 'string' ? value.name : '',
        start: value.startTimeUnixNano ?? value.start_time_unix_nano,
        end: value.endTimeUnixNano ?? value.end_time_unix_nano,
        attributes: value.attributes,
        events: () => value.events,
        value: () => value,
      },
      line,
      resource,
    )
  }

  span(span: SpanFields, line: number, resource: Resource): void {
    const attributes = this.#attributes
    attributes.read(span.attributes)
    const kind = kindOf(span.name, attributes)
    const rows = this.#rows
    const own = rows.contexts.read(attributes)
    if (kind === 'part') {
      rows.ancestor(span, own)
      this.#sink.skip('part of a tool call')
      return
    }
    const speaks = speaksOfEpisode(rows.contexts.list[own]!)
    if (kind === 'model' && this.#asked(span, line, own, speaks, resource)) return
    if (kind !== 'tool') {
      if (speaks || kind === 'agent') rows.window(windowOf(span, line), span, own, resource)
      else {
        rows.ancestor(span, own)
        this.#sink.skip('no tool call')
      }
      return
    }
    const { trace } = span
    if (trace !== undefined) this.#traced.add(trace)
    const start = parseNano(span.start)
    let end = parseNano(span.end)
    if (!start) {
      rows.ancestor(span, own)
      this.#sink.reject(line, 'a tool span without a start time', toJson(span.value()).slice(0, 500))
      return
    }
    let uncertaintyMs = 0
    if (end && end.us < start.us) {
      uncertaintyMs = (start.us - end.us) / 1000
      end = undefined
    }
    const call: Draft<ToolCall> = {
      name: toolName(span.name, attributes),
      command: '',
      start,
      uncertaintyMs,
      timeSource: end ? 'span' : 'next-record',
      boxHints: [],
      line,
    }
    if (end) call.end = end
    describe(call, attributes, () => span.events())
    const turn = attributes.index(slot.turn)
    if (turn !== undefined) call.turn = turn
    if (resource.sensor !== undefined) call.sensor = resource.sensor
    rows.calls(rowKinds.call, [call], span, own, resource)
  }

  /**
   * The calls of a model's answer: all that is known of them in a trace without a span of a tool. They are taken
   * back when one turns up. False when there are none.
   */
  #asked(span: SpanFields, line: number, own: number, speaks: boolean, resource: Resource): boolean {
    const { trace } = span
    if (trace === undefined || this.#traced.has(trace)) return false
    // They begin when the answer is there.
    const start = parseNano(span.end)
    const value = start ? span.value() : undefined
    const asked = isRecord(value) ? modelCalls(value.attributes) : []
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
    this.#rows.calls(rowKinds.asked, calls, span, own, resource, speaks ? windowOf(span, line) : undefined)
    return true
  }
}

function windowOf(span: SpanFields, line: number): EpisodeWindow {
  const start = parseNano(span.start)
  const end = parseNano(span.end)
  return { line, ...(start && { start }), ...(end && { end }) }
}

/** Traces in which tools have spans of their own: of those that share a place, the last one. */
class RecentTraces {
  readonly #ids = new SpanIds()
  readonly #high = new Uint32Array(recentMax)
  readonly #low = new Uint32Array(recentMax)

  add(trace: string): void {
    this.#ids.trace(trace)
    const place = this.#ids.low & (recentMax - 1)
    this.#high[place] = this.#ids.high
    this.#low[place] = this.#ids.low
  }

  has(trace: string): boolean {
    this.#ids.trace(trace)
    const place = this.#ids.low & (recentMax - 1)
    return this.#high[place] === this.#ids.high && this.#low[place] === this.#ids.low
  }
}

/** A power of two. */
const recentMax = 32_768

/** What a call was asked and what it answered, from attributes (and a span's events). */
export function describe(call: Draft<ToolCall>, attributes: Attributes, eventsOf?: () => unknown): void {
  const callId = attributes.id(slot.callId)
  if (callId !== undefined) call.sourceId = callId
  let args = attributes.get(slot.arguments)
  let result = attributes.get(slot.result)
  const events = args === undefined || result === undefined ? eventsOf?.() : undefined
  if (Array.isArray(events) && events.length > 0) {
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

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
