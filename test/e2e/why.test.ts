// Every network format: a line pasted as its source wrote it finds the event it stands for.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importers } from '../../src/importers/registry.generated.ts'
import { findAlarm } from '../../src/pipeline/case-answers.ts'
import { isEventUid, needlesOf } from '../../src/pipeline/find-event.ts'
import { investigate } from '../../src/pipeline/investigate.ts'
import { quietProgress } from '../../src/pipeline/progress.ts'
import { attributionLines } from '../../src/pipeline/read-case.ts'
import type { AttributionLine } from '../../src/schema/summary.ts'
import { checkCase } from '../contract.ts'
import { root } from './command.ts'

/** Records of these are no lines of text. */
const binary: ReadonlySet<string> = new Set(['pcap', 'pcapng'])
const formats = importers
  .filter(({ family, id }) => family === 'network' && !binary.has(id))
  .map(({ id }) => id)
  .filter((id) => readdirSync(join(root, 'fixtures/importers')).includes(id))

let work = ''
let lines: AttributionLine[] = []
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'vigiles-'))
  for (const id of [...formats, ...binary])
    cpSync(join(root, 'fixtures/importers', id), join(work, 'logs', id), { recursive: true })
  await investigate({
    paths: [join(work, 'logs')],
    out: join(work, 'case'),
    zones: [],
    controls: [],
    progress: quietProgress,
  })
  checkCase(join(work, 'case'))
  lines = [...attributionLines(join(work, 'case'))]
}, 60_000)
afterAll(() => rmSync(work, { recursive: true, force: true }))

describe('a pasted line', () => {
  it.each(formats)('of %s', async (id) => {
    const own = lines.filter(({ event }) => event.file.startsWith(`${id}/`))
    expect(own.length).toBeGreaterThan(0)
    let tried = 0
    for (const { event } of own) {
      const text = readFileSync(join(work, 'logs', event.file), 'utf8').split(/\r?\n/)[event.line - 1] ?? ''
      // A record over several lines is pasted whole, which no line number gives.
      if (text.trim().length < 20) continue
      tried++
      const match = await findAlarm(join(work, 'case'), text)
      const where = `${event.file}:${event.line}`
      expect(match, where).toBeDefined()
      if (match!.alike === 1) expect(match!.line.event.uid, where).toBe(event.uid)
    }
    expect(tried).toBeGreaterThan(0)
  })

  it('finds addresses however they are written', () => {
    expect(
      needlesOf('SRC=2001:0db8:0000:0000:0000:0000:0000:0001 DST=::ffff:192.0.2.1 x 10.0.0.1:443, 10.0.0.2.'),
    ).toEqual(expect.arrayContaining(['2001:db8::1', '192.0.2.1', '10.0.0.1', '10.0.0.2']))
    expect(needlesOf('no address at 12:30:01 on 2026-11-24')).toEqual([])
  })

  it('takes a uid only in its own shape', () => {
    expect(isEventUid(lines[0]!.event.uid)).toBe(true)
    expect(isEventUid('e12-3')).toBe(false)
  })
})
