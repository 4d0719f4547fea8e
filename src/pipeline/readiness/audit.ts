// Reads what was given and judges it: the one place of readiness that touches the disk.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attribute } from '../../attribution/attribute.ts'
import type { Readiness } from '../../schema/readiness.ts'
import { buildCase } from '../case.ts'
import type { ZoneRule } from '../clock-domains.ts'
import { importAll } from '../import-all.ts'
import { inputSummaries } from '../input-summaries.ts'
import { findInputs } from '../inputs.ts'
import { LineWriter } from '../line-writer.ts'
import { mergeFiles } from '../merge.ts'
import type { Progress } from '../progress.ts'
import { redactDeep, redactor } from '../redact.ts'
import { writeRejects } from '../rejects.ts'
import { version } from '../version.ts'
import { judge } from './judge.ts'
import { readRejects } from './read-rejects.ts'
import { findSettings } from './read-settings.ts'

export interface AuditOptions {
  readonly paths: readonly string[]
  readonly topology?: string
  readonly zones: readonly ZoneRule[]
  readonly progress: Progress
}

/** Reads, attributes and judges. Leaves nothing behind. Throws OperatorError for paths that can't be read. */
export async function audit({ paths, topology, zones, progress }: AuditOptions): Promise<Readiness> {
  const found = findInputs(topology === undefined ? paths : [...paths, topology])
  const spool = mkdtempSync(join(tmpdir(), 'vigiles-audit-'))
  try {
    const imported = await importAll(found.files, spool, progress)
    const merged = mergeFiles(imported.files)
    for (const file of imported.files) file.parts.length = 0
    progress.begin('judging', 0, 'rows')
    const theCase = buildCase(merged, { zones, controls: [] })
    const result = attribute(theCase.attribution)
    const redact = redactor(imported.files.map(({ sha256 }) => sha256).join())
    const rejectsPath = join(spool, 'rejects.jsonl')
    const writer = new LineWriter(rejectsPath)
    writeRejects(imported.files, writer, redact, 0, progress)
    writer.close()
    const inputs = inputSummaries(imported, found.unreadable, theCase)
    const { reasons: rejects } = readRejects(rejectsPath)
    const readiness = judge({
      theCase,
      result,
      inputs,
      rejects,
      version,
      ...findSettings(found.files, imported),
    })
    progress.end()
    return redactDeep(readiness, redact)
  } finally {
    rmSync(spool, { recursive: true, force: true })
  }
}
