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
  await investigate({
    paths: [fileURLToPath(new URL('../fixtures/incidents/recorded-run', import.meta.url))],
    out: folder,
    zones: [],
    controls: [],
    threads: 1,
    progress: quietProgress,
  })
  return { root, folder, remove: () => rmSync(root, { recursive: true, force: true }) }
}
