// The incident that the lab recorded, given whole and in part.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Readiness } from '../../schema/readiness.ts'
import { quietProgress } from '../progress.ts'
import { audit } from './audit.ts'
import { readinessText } from './text.ts'

const run = fileURLToPath(new URL('../../../fixtures/incidents/recorded-run', import.meta.url))
const of = (...paths: string[]) =>
  audit({ paths: paths.map((path) => join(run, path)), zones: [], progress: quietProgress })
const checkOf = ({ checks }: Readiness, id: string) => checks.find((check) => check.id === id)

describe('the recorded run', () => {
  let logs: Readiness
  let nat: Readiness
  let bare: Readiness
  beforeAll(async () => {
    logs = await of('logs')
    nat = await of('logs', 'nat')
    bare = await of('logs/firewall', 'logs/traces')
  }, 60_000)

  it('finds that seven sandboxes share an address, and what that costs', () => {
    const check = checkOf(logs, 'address.exact')
    expect(check?.verdict).toBe('missing')
    expect(check?.found).toContain('203.0.113.95 stands for 7 sandboxes')
    expect(check?.cost).toMatch(/shared by on average \d/)
    expect(check?.todo[0]?.config).toContain('conntrack -E')
    expect(check?.evidence[0]).toMatchObject({ file: 'firewall/eve.json.gz', line: 1 })
  })

  it('says of the NAT log beforehand what it then brings', () => {
    expect(checkOf(nat, 'address.exact')?.verdict).toBe('good')
    const promised = checkOf(logs, 'address.exact')?.gain?.share ?? 0
    expect(Math.abs(promised - (nat.today?.share ?? 0))).toBeLessThan(0.05)
    expect((nat.today?.share ?? 0) - (logs.today?.share ?? 1)).toBeGreaterThan(0.3)
    expect(nat.today?.sharedMean).toBeLessThan(1.2)
    expect(logs.today?.sharedMean).toBeGreaterThan(2)
  })

  it('names first what helps most', () => {
    expect(logs.improvements[0]?.id).toBe('addresses')
    // Without a topology exact addresses are of little use while the transcripts name no sandbox.
    expect(bare.improvements.slice(0, 2).map(({ id }) => id)).toEqual(['addresses', 'box-names'])
    expect(bare.today?.share).toBeLessThan(logs.today?.share ?? 0)
  })

  it('never takes away what was decided, and takes each step for something', () => {
    for (const { today, best, improvements, checks } of [logs, nat, bare]) {
      const shares = [today?.share ?? 0, ...improvements.map(({ odds }) => odds.share)]
      for (const { gain } of checks) if (gain) shares.push(gain.share)
      expect(Math.min(...shares)).toBeGreaterThanOrEqual((today?.share ?? 0) - 0.02)
      expect(Math.max(...shares)).toBeLessThanOrEqual(1)
      const last = improvements.at(-1)
      if (last) expect(last.odds.share).toBeGreaterThan(today?.share ?? 0)
      expect(best?.share).toBeGreaterThan((last?.odds.share ?? 0) - 0.05)
    }
  })

  it('holds its estimate against what attribution names here', () => {
    expect(nat.observed?.of).toBe('alarms')
    expect(nat.observed?.attributed).toBeGreaterThan(100)
    const named = (nat.observed?.attributed ?? 0) / (nat.observed?.events ?? 1)
    expect(Math.abs(named - (nat.today?.share ?? 0))).toBeLessThan(0.25)
  })

  it('answers for logs alone and for traces alone', async () => {
    const [onlyLogs, onlyTraces] = [await of('logs/firewall'), await of('logs/traces')]
    expect(onlyLogs.answer).toMatch(/no tool call was read/)
    expect([onlyLogs.today, onlyLogs.best]).toEqual([null, null])
    expect(onlyTraces.answer).toMatch(/no log of what leaves/)
    expect(onlyTraces.today).toBeNull()
    expect(onlyTraces.best?.share).toBeGreaterThan(0.5)
    expect(checkOf(onlyLogs, 'trace.present')?.verdict).toBe('missing')
    expect(checkOf(onlyTraces, 'log.present')?.verdict).toBe('missing')
  })

  it('gives the same for the same, in whatever order it is named', async () => {
    expect(await of('nat', 'logs')).toEqual(nat)
  })

  it('prints the worst first, on one screen, then the details', () => {
    const text = readinessText(logs)
    const [first = ''] = text.split('In detail')
    expect(first.split('\n').length).toBeLessThan(40)
    expect(first.indexOf('MISSING')).toBeLessThan(first.indexOf('WEAK'))
    expect(first).toContain(logs.answer.split(':')[0])
    expect(text.split('In detail')[1]).toContain('conntrack -E -o timestamp,id')
  })
})

describe('a folder with nothing in it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigiles-nothing-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is answered too', async () => {
    const readiness = await audit({ paths: [folder], zones: [], progress: quietProgress })
    expect(readiness.answer).toMatch(/nothing that was given tells/)
    expect(checkOf(readiness, 'log.present')?.verdict).toBe('missing')
  })
})
