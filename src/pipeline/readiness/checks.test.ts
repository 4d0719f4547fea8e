import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type ReadinessVerdict, readinessVerdicts } from '../../schema/readiness.ts'
import { readinessAnswer } from '../../server/wire/coverage.ts'
import { quietProgress } from '../progress.ts'
import { audit } from './audit.ts'
import { checks } from './checks.ts'

const root = fileURLToPath(new URL('../../../fixtures/readiness', import.meta.url))
const folders = readdirSync(root, { withFileTypes: true }).flatMap((check) =>
  check.isDirectory()
    ? readdirSync(join(root, check.name)).map((name) => ({ id: check.name, name, verdict: verdictOf(name) }))
    : [],
)

function verdictOf(name: string): ReadinessVerdict | undefined {
  return readinessVerdicts.find((verdict) => verdict === name.split('-')[0])
}

const read = (id: string, name: string) =>
  audit({ paths: [join(root, id, name)], zones: [], progress: quietProgress })

describe('every check', () => {
  it.each(folders)('$id: $name', async ({ id, name, verdict }) => {
    const readiness = await read(id, name)
    const check = readiness.checks.find((one) => one.id === id)
    expect(check?.verdict, check?.found).toBe(verdict)
    expect(readinessAnswer.parse(readiness)).toEqual(readiness)
    if (verdict === 'good') return
    expect(check?.found).toMatch(/[.!]$/)
    // Whoever is told that something lacks is told what to do, but where repeats were left out already.
    if (id !== 'input.duplicates' && id !== 'coverage.boxes') expect(check?.todo.length).toBeGreaterThan(0)
  })

  it('has fixtures of good and of bad', () => {
    const lacking = checks.filter(({ id }) => {
      const verdicts = new Set(folders.filter((one) => one.id === id).map(({ verdict }) => verdict))
      return !verdicts.has('good') || verdicts.size < 2
    })
    expect(lacking.map(({ id }) => id)).toEqual([])
    expect(folders.filter(({ id }) => !checks.some((check) => check.id === id))).toEqual([])
    expect(folders.filter(({ verdict }) => verdict === undefined)).toEqual([])
  })

  it('asks a question and says how it judges', () => {
    for (const { question, judged } of checks) {
      expect(question).toMatch(/\?$/)
      expect(judged.length).toBeGreaterThan(40)
    }
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length)
  })
})
