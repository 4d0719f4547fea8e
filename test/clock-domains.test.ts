import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OperatorError } from '../src/base/errors.ts'
import { parseSyslog, toIso } from '../src/base/time.ts'
import { globMatches, localToUtc, parseZoneRule, settleClocks } from '../src/pipeline/clock-domains.ts'
import { at, type FileOf, mergedOf } from './merged-of.ts'

const utc = (local: string, zone: string) => toIso(localToUtc(at(local).us, zone)).slice(0, 19)

describe('localToUtc', () => {
  it('knows offsets and zones', () => {
    expect(utc('2026-11-24T11:00:00', '+08:00')).toBe('2026-11-24T03:00:00')
    expect(utc('2026-11-24T11:00:00', '-0330')).toBe('2026-11-24T14:30:00')
    expect(utc('2026-11-24T11:00:00', 'UTC+8')).toBe('2026-11-24T03:00:00')
    expect(utc('2026-11-24T11:00:00', 'Asia/Shanghai')).toBe('2026-11-24T03:00:00')
    expect(utc('2026-11-24T11:00:00', 'Asia/Kathmandu')).toBe('2026-11-24T05:15:00')
    expect(utc('2026-07-01T12:00:00', 'Europe/Berlin')).toBe('2026-07-01T10:00:00')
    expect(utc('2026-12-01T12:00:00', 'Europe/Berlin')).toBe('2026-12-01T11:00:00')
  })

  it('takes an hour that exists twice as the first, on both sides of the Atlantic', () => {
    expect(utc('2026-10-25T02:30:00', 'Europe/Berlin')).toBe('2026-10-25T00:30:00')
    expect(utc('2026-11-01T01:30:00', 'America/New_York')).toBe('2026-11-01T05:30:00')
    expect(utc('2026-10-25T03:00:00', 'Europe/Berlin')).toBe('2026-10-25T02:00:00')
  })

  it('takes an hour that was left out as if the clock had not been put forward', () => {
    expect(utc('2026-03-29T02:30:00', 'Europe/Berlin')).toBe('2026-03-29T01:30:00')
    expect(utc('2026-03-08T02:30:00', 'America/New_York')).toBe('2026-03-08T07:30:00')
    // Lord Howe Island moves by half an hour.
    expect(utc('2026-10-04T02:15:00', 'Australia/Lord_Howe')).toBe('2026-10-03T15:45:00')
  })

  it('is the way back from what a clock on the wall shows', () => {
    const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Shanghai', 'Australia/Lord_Howe')
    fc.assert(
      fc.property(zone, fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }), (name, seconds) => {
        const shown = new Intl.DateTimeFormat('sv-SE', {
          timeZone: name,
          dateStyle: 'short',
          timeStyle: 'medium',
        })
        const local = shown.format(seconds * 1000).replace(' ', 'T')
        const back = localToUtc(at(local).us, name) / 1e6
        // The second of two equal hours comes out as the first.
        expect([0, 1800, 3600]).toContain(seconds - back)
        expect(shown.format(back * 1000).replace(' ', 'T')).toBe(local)
      }),
    )
  })
})

describe('--tz', () => {
  it.each(['x=Mars/Olympus', 'x=', '=UTC', 'x', 'x=+99:00'])('refuses %s in words', (text) => {
    expect(() => parseZoneRule(text)).toThrow(OperatorError)
  })

  it('takes names that hold an equals sign', () => {
    expect(parseZoneRule('a=b*.log=+01:00')).toEqual({ glob: 'a=b*.log', zone: '+01:00' })
  })

  it('matches like a shell', () => {
    expect(globMatches('*.log', 'a/b/c.log')).toBe(true)
    expect(globMatches('kern?.log', 'kern1.log')).toBe(true)
    expect(globMatches('a/*.log', 'a/b/c.log')).toBe(false)
    expect(globMatches('a/**', 'a/b/c.log')).toBe(true)
    expect(globMatches('a.log', 'aXlog')).toBe(false)
    expect(globMatches('[x](y)+.log', '[x](y)+.log')).toBe(true)
  })
})

describe('settleClocks', () => {
  const settle = (files: readonly FileOf[], rules: string[] = []) => {
    const merged = mergedOf(files)
    const table = settleClocks(merged, rules.map(parseZoneRule))
    return { merged, table, times: Array.from(merged.events.fromUs, (us) => toIso(us).slice(0, 19)) }
  }
  const kernel = (stamps: readonly string[], modified = 0): FileOf => ({
    path: 'kern.log',
    format: 'linux-kernel-log',
    modifiedUs: modified,
    events: stamps.map((stamp) => ({ time: parseSyslog(stamp)! })),
  })
  const trace = (...starts: string[]): FileOf => ({
    path: 'trace.jsonl',
    format: 'claude-code',
    calls: starts.map((start) => ({ start: at(start) })),
  })

  it('gives stamps without a year the one that brings them to the traces, across New Year', () => {
    const { times } = settle([
      kernel(['Dec 31 23:59:58', 'Jan  1 00:00:03']),
      trace('2025-12-31T23:50:00Z', '2026-01-01T00:10:00Z'),
    ])
    expect(times).toEqual(['2025-12-31T23:59:58', '2026-01-01T00:00:03'])
  })

  it('falls back on the last change of the file', () => {
    const { times } = settle([kernel(['Feb 28 12:00:00', 'Mar  1 12:00:00'], at('2023-03-02T00:00:00Z').us)])
    expect(times).toEqual(['2023-02-28T12:00:00', '2023-03-01T12:00:00'])
  })

  it('moves only naive times, and names what stays naive', () => {
    const files: FileOf[] = [
      {
        path: 'a/fw.log',
        format: 'fw',
        events: [{ time: at('2026-11-24T11:00:00'), endTime: at('2026-11-24T11:00:09') }],
      },
      { path: 'b/fw.log', format: 'fw', events: [{ time: at('2026-11-24T03:00:00Z') }] },
    ]
    const told = settle(files, ['fw.log=Asia/Shanghai'])
    expect(told.times).toEqual(['2026-11-24T03:00:00', '2026-11-24T03:00:00'])
    expect(
      Array.from(told.merged.events.endUs).some((us) =>
        toIso(Number.isNaN(us) ? 0 : us).startsWith('2026-11-24T03:00:09'),
      ),
    ).toBe(true)
    expect(told.table.clocks.map(({ zone }) => zone)).toEqual(['utc', 'utc'])
    expect(told.table.notes).toEqual([])
    const untold = settle(files)
    expect(untold.table.clocks.map(({ name }) => name).sort()).toEqual(['fw:a/fw (naive)', 'fw:b/fw'])
  })

  it('says when a rule matches nothing or changes nothing', () => {
    const { table } = settle(
      [kernel(['Dec 31 23:59:58']), trace('2026-01-01T00:00:00Z')],
      ['kernel.log=UTC', 'trace*=+08:00', 'kern.log=+08:00'],
    )
    expect(table.notes).toEqual([
      expect.stringContaining('kernel.log=UTC matches no input'),
      expect.stringContaining('trace*=+08:00 changed nothing'),
    ])
  })
})
