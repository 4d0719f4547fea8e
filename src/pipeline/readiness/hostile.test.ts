// What others wrote reaches a terminal only spelled out, and garbage is an answer like any other.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, expect, it } from 'vitest'
import { readinessAnswer } from '../../server/wire/coverage.ts'
import { quietProgress } from '../progress.ts'
import { audit } from './audit.ts'
import { RejectReasons } from './reject-reasons.ts'
import { readinessText } from './text.ts'

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'vigiles-readiness-'))
  made.push(folder)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

const auditOf = (folder: string) => audit({ paths: [folder], zones: [], progress: quietProgress })

it('spells out what files and settings bring along', async () => {
  const readiness = await auditOf(
    folderOf({
      'a\u001b[2Jb\u202ec.txt': 'nothing that is known',
      'compose.yaml':
        'services:\n  "\\e[31mbox\\u202e":\n    image: a\n    network_mode: host\n    environment: ["X_LOG_DIR=/data/\\e]0;x\\a"]\n',
    }),
  )
  const text = readinessText(readiness)
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
  expect(text).toContain('\\x1b[31mbox')
})

it('hides what looks like a secret', async () => {
  const readiness = await auditOf(
    folderOf({
      'eve.json': '{"timestamp":"2026-11-24T08:00:00.000000+0000","event_type":"flow","flow_id":1}\n'.repeat(
        3,
      ),
      'compose.yaml':
        'services:\n  box:\n    image: a\n    environment: ["TRACE_DIR=/data/ghp_0123456789abcdefghijklmnopqrstuvwxyz"]\n',
    }),
  )
  expect(JSON.stringify(readiness)).not.toContain('ghp_0123456789abcdefghijklmnopqrstuvwxyz')
})

it('answers for any bytes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 400 }),
      fc.constantFrom('a.log', 'a.json', 'a.yaml'),
      async (bytes, name) => {
        const readiness = await auditOf(folderOf({ [name]: bytes }))
        expect(readinessAnswer.safeParse(readiness).success).toBe(true)
        expect(readinessText(readiness).length).toBeGreaterThan(50)
      },
    ),
    { numRuns: 60 },
  )
})

it('counts reasons that differ only in what they quote as one', () => {
  const reasons = new RejectReasons()
  for (let line = 1; line <= 5; line++) {
    reasons.add({ file: 'a', line, reason: `not JSON: Unexpected token ${line} in "x${line}"`, text: '{' })
    reasons.add({ file: 'a', line, reason: `port ${line} is none`, text: 'x'.repeat(5_000) })
  }
  for (let n = 0; n < 500; n++)
    reasons.add({
      file: 'b',
      line: n,
      reason: `kind ${String.fromCharCode(97 + (n % 26))}${String.fromCharCode(97 + n / 26)}`,
      text: '',
    })
  const list = reasons.list()
  expect(list.length).toBeLessThanOrEqual(101)
  expect(list.reduce((sum, { count }) => sum + count, 0)).toBe(510)
  const json = list.find(({ reason }) => reason.startsWith('not JSON'))
  expect(json?.count).toBe(5)
  expect(json?.examples.map(({ line }) => line)).toEqual([1, 2, 3])
  expect(
    Math.max(...list.flatMap(({ examples }) => examples.map(({ text }) => text.length))),
  ).toBeLessThanOrEqual(300)
})
