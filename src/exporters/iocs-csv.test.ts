import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ExportFinding } from './api.ts'
import { csvCell, indicatorsOf, iocsCsv, parseDestination } from './iocs-csv.ts'

function finding(uid: string, more: Partial<ExportFinding>): ExportFinding {
  return {
    uid,
    detection: 'mining.stratum',
    kind: 'mining',
    title: uid,
    severity: 'high',
    attack: [],
    confidence: 1,
    destinations: [],
    firstUs: 1_795_507_200_000_000,
    lastUs: 1_795_507_200_000_000,
    why: '',
    toolCallUids: [],
    eventUids: [],
    episode: null,
    ...more,
  }
}

describe('indicators', () => {
  it('join findings at one destination and keep the worst severity', () => {
    const findings = [
      finding('a', { destinations: ['pool.example.com:3333'], toolCallUids: ['c2'] }),
      finding('b', {
        detection: 'tunnel.reverse-ssh',
        severity: 'critical',
        destinations: ['POOL.example.com.:443', '10.0.0.9:22'],
        toolCallUids: ['c1'],
        lastUs: 1_795_507_300_000_000,
      }),
    ]
    const rows = indicatorsOf(findings, () => undefined)
    expect(rows.map((r) => [r.value, r.scope, r.severity, r.count])).toEqual([
      ['10.0.0.9', 'internal', 'critical', 1],
      ['pool.example.com', 'external', 'critical', 2],
    ])
    expect(rows[1]).toMatchObject({
      type: 'domain-name',
      ports: [443, 3333],
      toolCalls: ['c1', 'c2'],
      lastSeen: '2026-11-24T08:01:40.000000Z',
    })
  })

  it('are the same whatever the order of the findings', () => {
    const findings = ['b', 'a', 'c'].map((uid) => finding(uid, { destinations: [`${uid}.example.com:443`] }))
    const forwards = iocsCsv(indicatorsOf(findings, () => undefined))
    expect(iocsCsv(indicatorsOf(findings.toReversed(), () => undefined))).toBe(forwards)
  })

  it.each([
    ['198.51.100.7:22', { type: 'ipv4-addr', value: '198.51.100.7', port: 22 }],
    ['2001:db8::1', { type: 'ipv6-addr', value: '2001:db8::1' }],
    ['[2001:DB8:0::1]:443', { type: 'ipv6-addr', value: '2001:db8::1', port: 443 }],
    ['::ffff:198.51.100.7', { type: 'ipv4-addr', value: '198.51.100.7' }],
    ['https://paste.example.com/x?y', { type: 'url', value: 'https://paste.example.com/x?y' }],
    ['3333', undefined],
    ['', undefined],
    ['a b', undefined],
  ])('reads the destination %s', (text, expected) => {
    expect(parseDestination(text)).toEqual(expected)
  })
})

describe('a CSV cell', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '|calc'])('never starts a formula: %j', (text) => {
    expect(csvCell(text).replace(/^"/, '')).toMatch(/^'/)
  })

  it('gives back what was put in, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const cell = csvCell(text)
        const inner = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell
        expect([text, `'${text}`]).toContain(inner)
        if (!cell.startsWith('"')) expect(cell).not.toMatch(/[",\r\n]/)
      }),
    )
  })
})
