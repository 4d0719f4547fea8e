// A folder of its own for every test of a recording, and a line to write into it.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach } from 'vitest'
import type { JournalLine } from '../src/schema/journal.ts'

export interface RecordingPlace {
  readonly root: string
  /** Does not exist yet; another one for each test of the file. */
  dir: string
  /** The lines of its journal, parsed. */
  rows(): Record<string, never>[]
}

export function recordingPlace(): RecordingPlace {
  const root = mkdtempSync(join(tmpdir(), 'vigiles-journal-'))
  let runs = 0
  const place: RecordingPlace = {
    root,
    dir: '',
    rows: () =>
      readFileSync(join(place.dir, 'journal.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((text) => JSON.parse(text)),
  }
  beforeEach(() => {
    place.dir = join(root, String(runs++), 'rec')
  })
  afterAll(() => rmSync(root, { recursive: true }))
  return place
}

export function connectionLine(cmdLine = 'curl https://api.example.com', connection = 'c-1'): JournalLine {
  return {
    class: 'network_activity',
    activity: 'open',
    connection,
    box: 'run-1',
    srcEndpoint: { ip: '10.8.0.2', port: 40_000 },
    dstEndpoint: { ip: '203.0.113.9', port: 443, hostname: 'api.example.com' },
    disposition: 'allowed',
    actor: {
      toolCall: 'call_1',
      unit: 'exec-1',
      tier: 'identity',
      process: { pid: 7, name: 'curl', cmdLine },
    },
  }
}
