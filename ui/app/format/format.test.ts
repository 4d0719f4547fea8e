import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isoOf } from '../routing/range.ts'
import { bytesText } from './bytes.ts'
import { csvOf, csvOfRows } from './csv.ts'
import { momentOf, offsetMinutes, usOf, usOfWall, wallText } from './moment.ts'
import { techniqueOf } from './technique.ts'

describe('moments', () => {
  it('are shown in any zone, with the offset that holds then', () => {
    const iso = '2026-07-01T12:00:00.123456Z'
    expect(momentOf(iso, 'UTC', 6)).toBe('2026-07-01 12:00:00.123456 UTC')
    expect(momentOf(iso, 'Europe/Rome')).toBe('2026-07-01 14:00:00 +02:00')
    expect(momentOf('2026-12-01T12:00:00Z', 'Europe/Rome')).toBe('2026-12-01 13:00:00 +01:00')
    expect(momentOf(iso, 'Asia/Kolkata', 3)).toBe('2026-07-01 17:30:00.123 +05:30')
    expect(momentOf(iso, 'America/St_Johns')).toBe('2026-07-01 09:30:00 -02:30')
    expect(momentOf('no stamp <b>', 'UTC')).toBe('no stamp <b>')
  })

  it('typed as a wall clock shows them come back the same', () => {
    const zones = ['UTC', 'Europe/Rome', 'Asia/Kolkata', 'America/New_York', 'Australia/Lord_Howe']
    fc.assert(
      fc.property(
        fc.integer({ min: 946_684_800, max: 1_893_456_000 }),
        fc.constantFrom(...zones),
        (seconds, zone) => {
          const us = seconds * 1e6
          const back = usOfWall(wallText(us, zone), zone)
          // Where clocks are set back, one reading stands for two instants: either is right.
          expect(wallText(back, zone)).toBe(wallText(us, zone))
          expect(Math.abs((back ?? 0) - us)).toBeLessThanOrEqual(3_600e6)
        },
      ),
    )
  })

  it('take a field without seconds, and nothing that is no wall clock', () => {
    expect(usOfWall('2026-11-24T08:00', 'UTC')).toBe(usOf('2026-11-24T08:00:00Z'))
    expect(usOfWall('', 'UTC')).toBeUndefined()
    expect(usOfWall('2026-11-24T08:00:00Z', 'UTC')).toBeUndefined()
    expect(wallText(undefined, 'UTC')).toBe('')
    expect(offsetMinutes(Number.NaN, 'Europe/Rome')).toBe(0)
  })

  it('read their own ISO text back to the microsecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000_000 }), (us) => {
        expect(usOf(isoOf(us))).toBe(us)
      }),
    )
  })
})

describe('bytes', () => {
  it('are told in the unit that says most', () => {
    expect([0, 999, 1000, 9_940, 9_960, 999_400, 1_234_567, 5e15].map(bytesText)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '9.9 kB',
      '10 kB',
      '999 kB',
      '1.2 MB',
      '5.0 PB',
    ])
    expect(bytesText(Number.NaN)).toBe('?')
  })
})

describe('CSV', () => {
  it('quotes what needs it and lets no cell be a formula', () => {
    expect(
      csvOf(
        ['name', 'n'],
        [
          ['a, "b"\n', 1],
          ['=cmd|x', null],
          ['@x', -2],
        ],
      ),
    ).toBe('name,n\r\n"a, ""b""\n",1\r\n\'=cmd|x,\r\n\'@x,-2\r\n')
  })
})

describe('CSV of rows', () => {
  it('has every field that any row has', () => {
    expect(
      csvOfRows([
        { a: 1, b: ['x', 'y'] },
        { a: null, c: true },
      ]),
    ).toBe('a,b,c\r\n1,"[""x"",""y""]",\r\n,,true\r\n')
    expect(csvOfRows([])).toBe('\r\n')
  })
})

describe('links to techniques', () => {
  it('are made from ids of the right shape and nothing else', () => {
    expect(techniqueOf('T1572')?.address).toBe('https://attack.mitre.org/techniques/T1572/')
    expect(techniqueOf('T1048.003')?.address).toBe('https://attack.mitre.org/techniques/T1048/003/')
    expect(techniqueOf('AML.T0034.002')?.address).toBe('https://atlas.mitre.org/techniques/AML.T0034.002')
    for (const id of ['T1572/../../x', 'javascript:alert(1)', 'T15', 'T1572\n', ' T1572', 'AML.T00341'])
      expect(techniqueOf(id), id).toBeUndefined()
  })
})
