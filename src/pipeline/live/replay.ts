// A recording's findings, found again from its lines alone.

import { canonicalJson } from '../../base/canonical-json.ts'
import { objectOf } from '../../importers/head-rows.ts'
import type { DetectionFindingLine } from '../../schema/journal.ts'
import { journalBytes, journalPath } from '../../store/journal-bytes.ts'
import { startDetector } from './detector.ts'

type Found = DetectionFindingLine['finding']

export interface Replayed {
  readonly lines: number
  /** What the detections find now, in order, as canonical JSON. */
  readonly found: readonly string[]
  /** What the journal says was found when it was written, likewise. */
  readonly recorded: readonly string[]
}

/** Throws OperatorError when there is no recording at `path`. Whether the chain holds is for verify to say. */
export async function replay(path: string): Promise<Replayed> {
  const detector = startDetector()
  const found: string[] = []
  const recorded: string[] = []
  let lines = 0
  const decoder = new TextDecoder()
  for await (const part of journalBytes(journalPath(path).file)) {
    for (const bytes of part.lines) {
      lines++
      const text = decoder.decode(bytes)
      for (const { finding } of detector.push(text)) found.push(canonicalJson(finding))
      const told = findingIn(text)
      if (told) recorded.push(canonicalJson(told))
    }
  }
  for (const { finding } of detector.end()) found.push(canonicalJson(finding))
  return { lines, found, recorded }
}

/** Of a line that says what was found; one that says what was done about it repeats the finding. */
function findingIn(text: string): Found | undefined {
  if (!text.includes('"detection_finding"')) return undefined
  try {
    const row = objectOf(JSON.parse(text))
    if (row?.class !== 'detection_finding' || row.responses !== undefined) return undefined
    return objectOf(row.finding) as Found | undefined
  } catch {
    return undefined
  }
}
