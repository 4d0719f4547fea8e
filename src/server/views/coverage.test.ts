import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RecordedCase, recordedCase } from '../../../test/recorded-case.ts'
import { investigate } from '../../pipeline/investigate.ts'
import { quietProgress } from '../../pipeline/progress.ts'
import { coverageAnswer } from '../wire/coverage.ts'
import { coverageOf } from './coverage.ts'

describe('the coverage of a case', () => {
  let recorded: RecordedCase
  beforeAll(async () => {
    recorded = await recordedCase()
  }, 120_000)
  afterAll(() => recorded.remove())

  const copy = (name: string) => {
    const folder = join(recorded.root, name)
    mkdirSync(folder)
    for (const file of ['summary.json', 'rejects.jsonl'])
      cpSync(join(recorded.folder, file), join(folder, file))
    return folder
  }

  it('is what the page is promised', () => {
    const coverage = coverageOf(recorded.folder)
    expect(coverageAnswer.parse(coverage)).toEqual(coverage)
    expect(coverage.lacking).toEqual([])
    expect(coverage.inputs.some(({ format, events }) => format === 'suricata-eve' && events > 2_000)).toBe(
      true,
    )
    const clock = coverage.clocks.find(({ domain }) => domain.startsWith('suricata'))
    expect(clock?.aligned).toBe(true)
    expect(clock?.offsetMs).toBeGreaterThan(7_000)
    expect(coverage.readiness?.answer).toMatch(/^An alarm of today would be attributed/)
  })

  it('tells what was refused, by reason, with examples', () => {
    const { rejects, inputs } = coverageOf(recorded.folder)
    expect(rejects.total).toBe(inputs.reduce((sum, { rejected }) => sum + rejected, 0))
    expect(rejects.reasons.reduce((sum, { count }) => sum + count, 0)).toBe(rejects.looked)
  })

  it('holds the bins of calibration against each other', () => {
    const { calibration } = coverageOf(recorded.folder)
    const bins = calibration?.bins ?? []
    expect(bins.map(({ from }) => from)).toEqual(bins.map(({ from }) => from).sort((a, b) => a - b))
    expect(bins.reduce((sum, { connections }) => sum + connections, 0)).toBeGreaterThan(500)
    for (const { from, to, model, said, noneByModel, connections } of bins) {
      if (connections === 0) {
        expect([model, said, noneByModel]).toEqual([null, null, null])
        continue
      }
      expect(model).toBeGreaterThanOrEqual(from)
      expect(model).toBeLessThanOrEqual(to)
      expect((model ?? 0) + (noneByModel ?? 0)).toBeLessThanOrEqual(1.0001)
    }
    expect(calibration?.meaning).toContain('Nobody knows the truth of this case')
  })

  it('does without what older versions did not write', () => {
    const folder = copy('old')
    const summary: Record<string, unknown> = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))
    const { calibration: _, readiness: __, ...older } = summary
    writeFileSync(join(folder, 'summary.json'), JSON.stringify(older))
    const coverage = coverageOf(folder)
    expect([coverage.calibration, coverage.readiness]).toEqual([null, null])
    expect(coverage.lacking).toHaveLength(2)
    expect(coverage.lacking[1]).toContain('vigiles audit')
  })

  it('says what is wrong with a folder that is cut off, newer or none', () => {
    const cut = copy('cut')
    const text = readFileSync(join(cut, 'summary.json'), 'utf8')
    writeFileSync(join(cut, 'summary.json'), text.slice(0, text.length / 2))
    expect(() => coverageOf(cut)).toThrow(/cut off/)
    writeFileSync(join(cut, 'summary.json'), '{"_schema":"vigiles/summary/v9","inputs":7}')
    expect(() => coverageOf(cut)).toThrow(/not known here/)
    expect(() => coverageOf(recorded.root)).toThrow(/no summary\.json/)
    const torn = copy('torn')
    const newer: object = JSON.parse(readFileSync(join(torn, 'summary.json'), 'utf8'))
    writeFileSync(
      join(torn, 'summary.json'),
      JSON.stringify({ ...newer, readiness: { _schema: 'vigiles/readiness/v2' } }),
    )
    writeFileSync(
      join(torn, 'rejects.jsonl'),
      '{"file":"a","line":1,"reason":"r","text":"t"}\n{"file":"a","li',
    )
    const coverage = coverageOf(torn)
    expect(coverage.readiness).toBeNull()
    expect(coverage.rejects.reasons).toEqual([
      { reason: 'r', count: 1, examples: [{ file: 'a', line: 1, text: 't' }] },
    ])
  })

  it('shows refused lines of a log with their places', async () => {
    const folder = join(recorded.root, 'lines')
    await investigate({
      paths: [fileURLToPath(new URL('../../../fixtures/readiness/input.read/weak-lines', import.meta.url))],
      ...{ out: folder, zones: [], controls: [], threads: 1, progress: quietProgress },
    })
    const { rejects, readiness } = coverageOf(folder)
    expect(rejects).toMatchObject({ total: 1, looked: 1 })
    expect(rejects.reasons[0]?.examples[0]).toMatchObject({ file: 'eve.json', line: 9 })
    expect(readiness?.checks.find(({ id }) => id === 'input.read')?.evidence[0]).toMatchObject({ line: 9 })
  })
})
