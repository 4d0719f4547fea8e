// The recorded incident, investigated: a real case for tests of what reads one.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { investigate } from '../src/pipeline/investigate.ts'
import { quietProgress } from '../src/pipeline/progress.ts'

export interface RecordedCase {
  /** Holds `case` and may hold more of the test's own. */
  readonly root: string
  readonly folder: string
  remove(): void
}

export async function recordedCase(): Promise<RecordedCase> {
  const root = mkdtempSync(join(tmpdir(), 'vigiles-case-'))
  const folder = join(root, 'case')
  await investigateRecorded(folder)
  return { root, folder, remove: () => rmSync(root, { recursive: true, force: true }) }
}

/** The same into a folder of the caller's. The NAT log is among the inputs: every connection's sandbox is exact. */
export async function investigateRecorded(out: string): Promise<void> {
  const recordedRun = fileURLToPath(new URL('../fixtures/incidents/recorded-run', import.meta.url))
  await investigate({
    paths: [join(recordedRun, 'logs'), join(recordedRun, 'nat')],
    out,
    zones: [],
    controls: [],
    threads: 1,
    progress: quietProgress,
  })
}
