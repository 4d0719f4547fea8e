// Findings as OCSF 1.8 Detection Findings, one JSON object a line.
// Source: https://schema.ocsf.io/1.8.0/classes/detection_finding

import { parseIso } from '../base/time.ts'
import { type Severity, severities } from '../schema/event.ts'
import type { FindingKind } from '../schema/finding.ts'
import type { AttributionLine, FindingLine, ToolCallLine } from '../schema/summary.ts'
import type { ExportFinding } from './api.ts'
import { matrixVersions, parentTechnique, techniqueName } from './attack-names.ts'

/** What a finding's uids stand for. Both look-ups may answer undefined: the uid is then named alone. */
export interface OcsfContext {
  /** Version of Vigiles. */
  readonly version: string
  readonly event: (uid: string) => AttributionLine['event'] | undefined
  readonly toolCall: (uid: string) => ToolCallLine | undefined
  /** The detection's own name, for `analytic.name`. */
  readonly detectionName?: (id: string) => string | undefined
}

/** OCSF's `severity_id` and caption. */
const severityIds: Readonly<Record<Severity, readonly [number, string]>> = {
  informational: [1, 'Informational'],
  low: [2, 'Low'],
  medium: [3, 'Medium'],
  high: [4, 'High'],
  critical: [5, 'Critical'],
}

/** Most artifacts spelled out in `evidences`; every uid still stands in `unmapped`. */
const evidencesMax = 50

/**
 * One Detection Finding. `time` is when the finding became true (its last evidence), so that a replay gives the
 * same bytes; all times in ms since the epoch, as OCSF wants them. `confidence_score` is 0–100.
 */
export function toDetectionFinding(finding: ExportFinding, context: OcsfContext): FindingLine {
  const [severityId, severity] = severityIds[finding.severity]
  const firstMs = Math.floor(finding.firstUs / 1000)
  const lastMs = Math.floor(finding.lastUs / 1000)
  const evidences = [
    ...finding.eventUids.slice(0, evidencesMax).map((uid) => eventEvidence(uid, context.event(uid))),
    ...finding.toolCallUids.slice(0, evidencesMax).map((uid) => callEvidence(uid, context.toolCall(uid))),
  ]
  const analyticName = context.detectionName?.(finding.detection)
  return {
    activity_id: 1,
    activity_name: 'Create',
    category_uid: 2,
    category_name: 'Findings',
    class_uid: 2004,
    class_name: 'Detection Finding',
    type_uid: 200401,
    type_name: 'Detection Finding: Create',
    time: lastMs,
    start_time: firstMs,
    end_time: lastMs,
    severity_id: severityId,
    severity,
    status_id: 1,
    status: 'New',
    confidence_id: finding.confidence >= 0.8 ? 3 : finding.confidence >= 0.5 ? 2 : 1,
    confidence_score: Math.round(Math.min(1, Math.max(0, finding.confidence)) * 100),
    is_alert: severityId >= 3,
    message: finding.title,
    finding_info: {
      uid: finding.uid,
      title: finding.title,
      desc: finding.why,
      types: [finding.kind],
      analytic: { uid: finding.detection, name: analyticName ?? finding.detection, type_id: 1, type: 'Rule' },
      attacks: [...new Set(finding.attack)].map(attackOf),
      first_seen_time: firstMs,
      last_seen_time: lastMs,
      related_events_count: finding.eventUids.length,
    },
    ...(evidences.length > 0 && { evidences }),
    ...(finding.box !== undefined && {
      resources: [{ uid: finding.box, name: finding.box, type: 'sandbox', role_id: 2, role: 'Actor' }],
    }),
    metadata: {
      version: '1.8.0',
      uid: finding.uid,
      product: { name: 'Vigiles', vendor_name: 'Vigiles', version: context.version },
    },
    unmapped: {
      toolCalls: [...finding.toolCallUids],
      events: [...finding.eventUids],
      episode: finding.episode,
      kind: finding.kind,
      destinations: [...finding.destinations],
    },
  }
}

/** The finding that a line of `findings.jsonl` was made of. What another program left out of a line is empty. */
export function fromDetectionFinding(line: FindingLine): ExportFinding {
  const { finding_info: info, unmapped } = line
  const attacks: readonly unknown[] = Array.isArray(info.attacks) ? info.attacks : []
  const box: unknown = Array.isArray(line.resources) ? Object(line.resources[0]).uid : undefined
  const destinations: readonly unknown[] = Array.isArray(unmapped.destinations) ? unmapped.destinations : []
  return {
    uid: info.uid,
    detection: info.analytic.uid,
    kind: kinds.find((known) => known === unmapped.kind) ?? 'other',
    title: info.title,
    severity: severities.find((known) => known === line.severity.toLowerCase()) ?? 'informational',
    attack: attacks.flatMap((attack) => techniqueId(attack) ?? []),
    confidence: Number(line.confidence_score ?? 0) / 100,
    destinations: destinations.filter((text) => typeof text === 'string'),
    firstUs: Number(line.start_time ?? line.time) * 1000,
    lastUs: Number(line.time) * 1000,
    why: typeof info.desc === 'string' ? info.desc : '',
    toolCallUids: unmapped.toolCalls,
    eventUids: unmapped.events,
    episode: unmapped.episode,
    ...(typeof box === 'string' && { box }),
  }
}

const kinds: readonly FindingKind[] = ['tunnel', 'mining', 'probing', 'provisioning', 'exfiltration', 'alert']

function techniqueId(attack: unknown): string | undefined {
  const { technique, sub_technique } = Object(attack)
  const uid: unknown = Object(sub_technique).uid ?? Object(technique).uid
  return typeof uid === 'string' ? uid : undefined
}

function attackOf(id: string): Readonly<Record<string, unknown>> {
  const version = id.startsWith('AML.') ? matrixVersions.atlas : matrixVersions.attack
  const parent = parentTechnique(id)
  if (parent === undefined) return { technique: technique(id), version }
  return { technique: technique(parent), sub_technique: technique(id), version }
}

function technique(uid: string): { uid: string; name?: string } {
  const name = techniqueName(uid)
  return name === undefined ? { uid } : { uid, name }
}

function eventEvidence(uid: string, event: AttributionLine['event'] | undefined): object {
  if (event === undefined) return { uid, data: { event: uid } }
  const isDns = event.class === 'dns_activity'
  const destination = {
    ...(event.dst !== '' && { ip: event.dst }),
    ...(event.port !== null && { port: event.port }),
    ...(event.name !== null && !isDns && { hostname: event.name }),
  }
  return {
    uid,
    name: event.class,
    ...(event.src !== '' && { src_endpoint: { ip: event.src } }),
    ...(Object.keys(destination).length > 0 && { dst_endpoint: destination }),
    ...(isDns && event.name !== null && { query: { hostname: event.name } }),
    data: {
      file: event.file,
      line: event.line,
      time: event.time,
      source_time: event.sourceTime,
      ...(event.disposition !== null && { disposition: event.disposition }),
      ...(event.rule !== null && { rule: event.rule }),
    },
  }
}

function callEvidence(uid: string, call: ToolCallLine | undefined): object {
  if (call === undefined) return { uid, name: 'tool_call', data: { tool_call: uid } }
  const { start_time, end_time } = { start_time: ms(call.start), end_time: ms(call.end) }
  return {
    uid,
    name: 'tool_call',
    data: {
      tool_call: uid,
      name: call.name,
      command: call.command.length > 1000 ? `${call.command.slice(0, 1000)}…[cut]` : call.command,
      ...(start_time !== undefined && { start_time }),
      ...(end_time !== undefined && { end_time }),
      run: call.run,
      episode: call.episode,
      step: call.step,
      policy_version: call.policyVersion,
      file: call.file,
      line: call.line,
    },
  }
}

function ms(iso: string | null): number | undefined {
  const time = iso === null ? undefined : parseIso(iso)
  return time === undefined ? undefined : Math.floor(time.us / 1000)
}
