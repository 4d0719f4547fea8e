// Calls, events and findings as Timesketch JSONL, for a timeline beside the team's other evidence.
// Source: https://timesketch.org/guides/user/import-from-json-csv/ — message, datetime, timestamp_desc are
// mandatory; timestamp is µs since the epoch; every other field is kept.
//
// {"message":"…","datetime":"2026-11-24T08:00:00.123456Z","timestamp":1795507200123456,"timestamp_desc":"Event Time",…}

import { parseIso, toIso } from '../base/time.ts'
import type { AttributionLine, ToolCallLine } from '../schema/summary.ts'
import type { ExportFinding } from './api.ts'

/** What the timeline is made of. Lists may be iterables over files: nothing is held but one row. */
export interface TimesketchInput {
  readonly attributions: Iterable<AttributionLine>
  readonly toolCalls: Iterable<ToolCallLine>
  readonly findings: Iterable<ExportFinding>
}

/** One JSON line a record, in input order (Timesketch sorts); a record without a readable time is left out. */
export function* timesketchLines(input: TimesketchInput): Generator<string> {
  for (const line of input.attributions) yield* rows(eventRows(line))
  for (const call of input.toolCalls) yield* rows(callRows(call))
  for (const finding of input.findings) yield* rows(findingRows(finding))
}

type Row = Readonly<Record<string, unknown>> & { readonly datetime: string }

function* rows(list: readonly Row[]): Generator<string> {
  for (const { datetime, ...rest } of list) {
    const us = parseIso(datetime)?.us
    if (us === undefined) continue
    yield JSON.stringify({ message: rest.message, datetime, timestamp: Math.floor(us), ...rest })
  }
}

function eventRows(line: AttributionLine): readonly Row[] {
  const { event } = line
  const target = event.name ?? event.dst
  const what = event.rule ?? event.class
  const cause =
    line.toolCall === null
      ? 'not attributable to a recorded call'
      : `call ${line.toolCall} (p ${line.p.toFixed(2)}, ${line.tier})`
  return [
    {
      message: `${what}: ${event.src} to ${target}${event.port === null ? '' : `:${event.port}`}; ${cause}`,
      datetime: event.time,
      timestamp_desc: 'Event Time',
      data_type: `vigiles:event:${event.class}`,
      uid: event.uid,
      source_file: event.file,
      source_line: event.line,
      source_time: event.sourceTime,
      src_ip: event.src,
      dst_ip: event.dst,
      dst_port: event.port,
      hostname: event.name,
      disposition: event.disposition,
      rule: event.rule,
      box: line.box,
      verdict: line.verdict,
      tool_call: line.toolCall,
      episode: line.episode,
      probability: line.p,
      probability_none: line.pNone,
      tier: line.tier,
      tag: [line.verdict],
    },
  ]
}

function callRows(call: ToolCallLine): readonly Row[] {
  const shared = {
    message: `${call.name}: ${call.command.slice(0, 2000)}`,
    data_type: 'vigiles:tool_call',
    uid: call.uid,
    source_id: call.sourceId,
    tool: call.name,
    command: call.command.slice(0, 16_384),
    run: call.run,
    episode: call.episode,
    turn: call.turn,
    step: call.step,
    policy_version: call.policyVersion,
    reward: call.reward,
    box: call.box,
    uncertainty_ms: call.uncertaintyMs,
    source_file: call.file,
    source_line: call.line,
  }
  const start: Row = { ...shared, datetime: call.start, timestamp_desc: 'Start Time' }
  return call.end === null ? [start] : [start, { ...shared, datetime: call.end, timestamp_desc: 'End Time' }]
}

function findingRows(finding: ExportFinding): readonly Row[] {
  const shared = {
    message: `${finding.severity} ${finding.detection}: ${finding.title}`,
    data_type: 'vigiles:finding',
    uid: finding.uid,
    detection: finding.detection,
    kind: finding.kind,
    severity: finding.severity,
    why: finding.why,
    attack: [...finding.attack],
    box: finding.box ?? null,
    episode: finding.episode,
    destinations: [...finding.destinations],
    tool_calls: [...finding.toolCallUids],
    tag: [finding.kind, finding.severity],
  }
  const first: Row = { ...shared, datetime: toIso(finding.firstUs), timestamp_desc: 'First Seen' }
  if (finding.lastUs <= finding.firstUs) return [first]
  return [first, { ...shared, datetime: toIso(finding.lastUs), timestamp_desc: 'Last Seen' }]
}
