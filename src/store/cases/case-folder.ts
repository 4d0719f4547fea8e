// Whether a folder holds a whole case, and what tells this state of it from any other.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../../base/errors.ts'
import { lineSources, summarySource } from './sources.ts'
import { tablesVersion } from './tables.ts'

const summaryBytesMax = 64 * 1024 * 1024

export interface CaseFolder {
  readonly folder: string
  /** Different whenever a file of the case or the version of the tables is. */
  readonly key: string
  /** Lines there should be, by file, as far as the summary counts them. */
  readonly expected: Readonly<Record<string, number>>
}

/** Reads the summary and looks at the files. Throws OperatorError: no folder, no case, unfinished, of a newer version. */
export function checkCaseFolder(given: string): CaseFolder {
  const folder = realFolder(given)
  const files = [summarySource.file, ...lineSources.map(({ file }) => file)]
  const half = files.find((file) => existsSync(join(folder, `${file}.partial`)))
  if (half !== undefined) {
    throw unfinished(given, `${half}.partial is there: the file has not got its name yet.`)
  }
  const summary = readSummary(folder, given)
  const hash = createHash('sha256').update(`${tablesVersion} ${folder}`)
  for (const file of files) {
    const stats = regular(join(folder, file))
    if (stats === undefined) throw unfinished(given, `${file} is missing.`)
    hash.update(` ${file} ${stats.size} ${stats.mtimeMs} ${stats.ino}`)
  }
  return { folder, key: hash.digest('hex').slice(0, 24), expected: countsOf(summary) }
}

function realFolder(given: string): string {
  let folder: string
  try {
    folder = realpathSync(given)
  } catch (cause) {
    throw new OperatorError('usage', {
      what: `${given}: there is no such folder.`,
      fix: 'Name a folder that `vigiles investigate --out` has written.',
      cause,
    })
  }
  if (!statSync(folder).isDirectory()) {
    throw new OperatorError('usage', {
      what: `${given} is no folder.`,
      fix: 'Name the folder that `vigiles investigate --out` has written.',
    })
  }
  return folder
}

function readSummary(folder: string, given: string): Readonly<Record<string, unknown>> {
  const path = join(folder, summarySource.file)
  const stats = regular(path)
  if (stats === undefined) {
    if (lineSources.some(({ file }) => existsSync(join(folder, file)))) {
      throw unfinished(given, 'Some files of a case are there, summary.json is not: it is written last.')
    }
    throw new OperatorError('usage', {
      what: `${given}: this is not a case.`,
      why: 'It holds no summary.json.',
      fix: existsSync(join(folder, 'journal.jsonl'))
        ? `It is a recording. Investigate it first: vigiles investigate ${given} --out case-1`
        : 'Name a folder that `vigiles investigate --out` has written.',
    })
  }
  if (stats.size > summaryBytesMax) {
    throw notACase(
      given,
      `Its summary.json has ${stats.size} bytes; ${summaryBytesMax} is the most there can be.`,
    )
  }
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw unfinished(given, 'Its summary.json ends too early or is no JSON.')
  }
  const summary = asRecord(value)
  const version = /^vigiles\/summary\/v(\d{1,6})$/.exec(String(summary?._schema))?.[1]
  if (summary === undefined || version === undefined) {
    throw notACase(given, 'Its summary.json is not one of Vigiles.')
  }
  if (Number(version) !== 1) {
    throw new OperatorError('usage', {
      what: `${given}: this case is of a newer version of Vigiles.`,
      why: `Its summary says ${String(summary._schema)}; this one reads vigiles/summary/v1.`,
      fix: 'Update Vigiles, or investigate the same inputs with this version.',
    })
  }
  return summary
}

function countsOf(summary: Readonly<Record<string, unknown>>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  const events = asRecord(summary.attribution)?.events
  if (typeof events === 'number') counts['attributions.jsonl'] = events
  const findings = Object.values(asRecord(summary.findings) ?? {})
  if (findings.every((n) => typeof n === 'number')) {
    counts['findings.jsonl'] = findings.reduce((sum, n) => sum + n, 0)
  }
  if (Array.isArray(summary.incidents)) counts['incidents.jsonl'] = summary.incidents.length
  return counts
}

function regular(path: string): Stats | undefined {
  try {
    const stats = statSync(path)
    // A pipe in the place of a file would be waited for without end.
    return stats.isFile() ? stats : undefined
  } catch {
    return undefined
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined
}

function notACase(given: string, why: string): OperatorError {
  return new OperatorError('usage', {
    what: `${given}: this is not a case.`,
    why,
    fix: 'Name a folder that `vigiles investigate --out` has written.',
  })
}

export function unfinished(given: string, why: string): OperatorError {
  return new OperatorError('environment', {
    what: `${given}: this case is not whole.`,
    why,
    fix: 'If it is being written at this moment, wait until that has ended. If it was cut off, investigate again.',
  })
}
