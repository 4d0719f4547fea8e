// Reads a run's truth and an investigation of it from disk, and scores it.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { AttributionLine, ToolCallLine } from '../schema/summary.ts'
import { type LabScore, type LineTruth, scoreLab } from './score.ts'

/**
 * `runDir` is what `runLab` filled (or a recorded run), `caseDir` what `vigiles investigate --out` wrote. Only lines
 * that are `asked` about count: to compare two cases, ask both about the same.
 */
export function readScore(
  runDir: string,
  caseDir: string,
  asked: (line: LineTruth) => boolean = () => true,
): LabScore {
  return scoreLab(
    readRows<LineTruth>(join(runDir, 'truth/lines.jsonl')).filter(asked),
    readRows<AttributionLine>(join(caseDir, 'attributions.jsonl')),
    readRows<ToolCallLine>(join(caseDir, 'toolcalls.jsonl')),
  )
}

/** Rows of a file that we wrote ourselves, plain or with `.gz` behind its name. */
function readRows<T>(path: string): T[] {
  const text = existsSync(path)
    ? readFileSync(path, 'utf8')
    : gunzipSync(readFileSync(`${path}.gz`)).toString('utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): T => JSON.parse(line))
}
