// Brings the refused records of all parts into one file, in the order of inputs, with secrets replaced.

import { existsSync } from 'node:fs'
import { LineSplitter } from '../base/lines.ts'
import type { ReportData } from '../exporters/api.ts'
import type { ImportedFile } from './import-all.ts'
import { readChunks } from './inputs.ts'
import type { LineWriter } from './line-writer.ts'
import type { Progress } from './progress.ts'
import type { Redact } from './redact.ts'

/** Writes `rejects.jsonl`; returns the first `keep` of them for the report. */
export function writeRejects(
  files: readonly ImportedFile[],
  writer: LineWriter,
  redact: Redact,
  keep: number,
  progress: Progress,
): ReportData['rejects'] {
  const kept: ReportData['rejects'][number][] = []
  const byPath = [...files].sort((a, b) => (a.path < b.path ? -1 : 1))
  for (const { path, spools } of byPath) {
    for (const { path: spool, linesBefore } of spools) {
      if (!existsSync(spool)) continue
      const splitter = new LineSplitter({
        line(text) {
          const issue = JSON.parse(text) as { line: number; reason: string; text: string }
          const reject = {
            file: path,
            line: issue.line === 0 ? 0 : issue.line + linesBefore,
            reason: redact(issue.reason),
            text: redact(issue.text),
          }
          writer.write(JSON.stringify(reject))
          progress.advance(1)
          if (kept.length < keep) kept.push(reject)
        },
        tooLong() {},
      })
      for (const chunk of readChunks(spool)) splitter.chunk(chunk)
      splitter.end()
    }
  }
  return kept
}
