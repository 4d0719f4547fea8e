// The data of this page, with the look-ups that several parts need.

import type { ReportData } from '../../src/exporters/api.ts'
import type { AttributionLine, FindingLine, ToolCallLine } from '../../src/schema/summary.ts'

export interface Case {
  readonly data: ReportData
  readonly calls: ReadonlyMap<string, ToolCallLine>
  readonly alarms: ReadonlyMap<string, AttributionLine>
  /** Alarms that have the call among their candidates, with its probability. */
  readonly effects: ReadonlyMap<string, readonly { readonly line: AttributionLine; readonly p: number }[]>
  /** Findings that rest on an event or a call. */
  readonly findings: ReadonlyMap<string, readonly FindingLine[]>
}

/** The data block's text was written by our own exporter in the same version: its shape is known. */
export function readCase(text: string): Case {
  const data = JSON.parse(text) as ReportData
  const effects = new Map<string, { line: AttributionLine; p: number }[]>()
  for (const line of data.attributions) {
    for (const { toolCall, p } of line.candidates) {
      const list = effects.get(toolCall)
      if (list) list.push({ line, p })
      else effects.set(toolCall, [{ line, p }])
    }
  }
  const findings = new Map<string, FindingLine[]>()
  for (const finding of data.findings) {
    for (const uid of [...finding.unmapped.events, ...finding.unmapped.toolCalls]) {
      const list = findings.get(uid)
      if (list) list.push(finding)
      else findings.set(uid, [finding])
    }
  }
  return {
    data,
    calls: new Map(data.toolCalls.map((call) => [call.uid, call])),
    alarms: new Map(data.attributions.map((line) => [line.event.uid, line])),
    effects,
    findings,
  }
}
