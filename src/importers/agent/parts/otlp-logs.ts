// One OTLP log record. Coding agents write one at the end of each tool call, with its duration:
//
//   {"timeUnixNano":"…","body":{"stringValue":"claude_code.tool_result"},"attributes":[
//     {"key":"event.name","value":{"stringValue":"tool_result"}}, {"key":"event.timestamp",…ISO}, {"key":"duration_ms",…},
//     {"key":"tool_name",…}, {"key":"tool_parameters",…JSON}, {"key":"session.id",…}]}
//   codex.tool_result {conversation.id, call_id, tool_name, arguments, output, duration_ms}: timeUnixNano is 0
//   gemini_cli.tool_call, qwen-code.tool_call, iflow_cli.tool_call {function_name, function_args, duration_ms}

import { parseEpochByDigits, parseIso, type Time } from '../../../base/time.ts'
import type { ToolCall } from '../../../schema/tool-call.ts'
import type { Sink } from '../../api.ts'
import { plainValue } from './any-value.ts'
import { parseNano } from './nano-time.ts'
import type { Resource } from './otlp-resources.ts'
import { describe } from './otlp-spans.ts'
import { Attributes } from './span-attributes.ts'
import { slot } from './telemetry-roles.ts'
import { rowKinds, type TraceRows } from './trace-rows.ts'
import { type Draft, isRecord, toJson } from './values.ts'

/** How far work may lie before its record when that has no duration. */
const unknownDurationMs = 10_000

export function logReader(
  sink: Sink,
  rows: TraceRows,
): (record: unknown, line: number, resource: Resource) => void {
  const attributes = new Attributes()
  return (record, line, resource) => {
    if (!isRecord(record)) {
      sink.reject(line, 'a log record is no object', toJson(record).slice(0, 500))
      return
    }
    attributes.read(record.attributes)
    const body = plainValue(record.body)
    if (isRecord(body)) attributes.add(body)
    if (!isToolEvent(attributes.text(slot.eventName) ?? record.eventName ?? body)) {
      sink.skip('no tool call')
      return
    }
    const stamp =
      time(attributes.get(slot.endTime)) ??
      time(attributes.get(slot.eventTime)) ??
      parseNano(record.timeUnixNano ?? record.time_unix_nano) ??
      ingest(parseNano(record.observedTimeUnixNano ?? record.observed_time_unix_nano))
    const durationMs = attributes.number(slot.durationMs)
    const start = time(attributes.get(slot.startTime)) ?? before(stamp, durationMs)
    const end = stamp ?? before(start, durationMs === undefined ? undefined : -durationMs)
    if (!start || !end) {
      sink.reject(line, 'a tool event without a time', toJson(record).slice(0, 500))
      return
    }
    const told = durationMs !== undefined || start.us < end.us
    const call: Draft<ToolCall> = {
      name: attributes.text(slot.toolName) ?? 'unknown',
      command: '',
      start,
      end: end.us < start.us ? start : end,
      uncertaintyMs: told ? 0 : unknownDurationMs,
      timeSource: 'span',
      boxHints: [],
      line,
    }
    describe(call, attributes)
    const turn = attributes.index(slot.turn)
    if (turn !== undefined) call.turn = turn
    if (resource.sensor !== undefined) call.sensor = resource.sensor
    const trace = record.traceId ?? record.trace_id
    const place = { trace: typeof trace === 'string' && trace !== '' ? trace : undefined }
    rows.calls(rowKinds.logged, [call], place, rows.contexts.read(attributes), resource)
  }
}

function isToolEvent(name: unknown): boolean {
  if (typeof name !== 'string' || name.length > 128) return false
  const last = name.slice(name.lastIndexOf('.') + 1)
  return last === 'tool_result' || last === 'tool_call'
}

function time(value: unknown): Time | undefined {
  if (typeof value === 'string') return parseIso(value) ?? parseEpochByDigits(value)
  return typeof value === 'number' && value > 0 ? parseEpochByDigits(Math.floor(value)) : undefined
}

function ingest(stamp: Time | undefined): Time | undefined {
  return stamp && { ...stamp, kind: 'ingest' }
}

/** A duration is in whole ms: so is what is derived from it. */
function before(stamp: Time | undefined, durationMs: number | undefined): Time | undefined {
  if (!stamp || durationMs === undefined || Math.abs(durationMs) > 86_400_000 * 30) return stamp
  return { ...stamp, us: stamp.us - Math.round(durationMs * 1000), spanUs: Math.max(stamp.spanUs, 1000) }
}
