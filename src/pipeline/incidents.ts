import type { AttributionResult } from '../attribution/api.ts'
import type { ExportFinding } from '../exporters/api.ts'
import type { Finding } from '../schema/finding.ts'
import type { IncidentSummary } from '../schema/summary.ts'
import type { Case } from './case.ts'

export function incidentsOf(
  _case: Case,
  _result: AttributionResult,
  _findings: readonly Finding[],
  _exported: readonly ExportFinding[],
  _order: Uint32Array,
): IncidentSummary[] {
  return []
}
