import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conversation, pcapFile } from '../../../test/captures.ts'
import { type Result, readAll } from '../../../test/importers/read-all.ts'
import type { BytesImporter } from '../api.ts'
import { pcap } from './pcap.ts'
import { pcapng } from './pcapng.ts'

const t0 = 1_780_000_000_000_000
const client = '10.0.0.5:40000'
const server = '198.51.100.9:443'
const request: readonly (readonly ['c' | 's', string])[] = [
  ['c', 'GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n'],
  ['s', 'HTTP/1.1 200 OK\r\n\r\nhi'],
]

/** Every packet record is an event, a reject or a skip. */
function told({ events, rejects, skips }: Result): number {
  return events.length + rejects.length + Object.values(skips).reduce((sum, n) => sum + n, 0)
}

function fixture(path: string): Uint8Array {
  return readFileSync(fileURLToPath(new URL(`../../../fixtures/importers/${path}`, import.meta.url)))
}

describe('damaged captures', () => {
  it('gives what came before the cut, and one reject', () => {
    const whole = pcapFile(conversation(t0, client, server, request))
    const result = readAll(pcap, 'a.pcap', whole.subarray(0, whole.length - 5))
    expect(result.events).toHaveLength(1)
    expect(result.rejects).toMatchObject([{ line: 5, reason: 'the file ends within this record' }])
    expect(told(result)).toBe(5)
  })

  it('says where it stopped believing lengths', () => {
    const whole = pcapFile(conversation(t0, client, server, request))
    const view = new DataView(whole.buffer)
    view.setUint32(24 + 8, 0x7fffffff, true)
    const result = readAll(pcap, 'a.pcap', whole)
    expect(result.rejects).toHaveLength(1)
    expect(result.rejects[0]?.reason).toContain('the rest of the file was not read')
  })

  it.each([
    [pcap, 'pcap/big-endian-raw-cut.pcap', 13],
    [pcap, 'pcap/mining-any-ns.pcap', 22],
    [pcapng, 'pcapng/two-sections.pcapng', 138],
    [pcapng, 'pcapng/simple-packets.pcapng', 8],
  ] as [BytesImporter, string, number][])(
    'accounts for every record of %# wherever it is cut',
    (importer, path, records) => {
      const bytes = fixture(path)
      expect(told(readAll(importer, path, bytes))).toBe(records)
      const step = Math.ceil(bytes.length / 1500)
      let last = 0
      for (let end = 0; end <= bytes.length; end += step) {
        const count = told(readAll(importer, path, bytes.subarray(0, end)))
        // One more byte finishes a record or leaves one more of them cut, never loses one.
        expect(count).toBeGreaterThanOrEqual(last - 1)
        last = count
      }
    },
  )

  it('never throws on changed bytes, and still gives one account of each record', () => {
    const bytes = fixture('pcap/session.pcap')
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 12 }), (changes) => {
        const broken = bytes.slice()
        for (const [at, value] of changes) broken[at] = value
        const result = readAll(pcap, 'a.pcap', broken)
        const lines = [...result.events.map((e) => e.line), ...result.rejects.map((r) => r.line)]
        expect(new Set(lines).size).toBe(lines.length)
        expect(Math.max(0, ...lines)).toBeLessThanOrEqual(told(result))
      }),
      { numRuns: 300 },
    )
  })
})

describe('pcapng', () => {
  const { events } = readAll(pcapng, 'a.pcapng', fixture('pcapng/two-sections.pcapng'))

  it('honours each interface’s resolution and offset', () => {
    const mining = events.find((event) => event.mining)
    expect(mining?.time.source).toBe('1795509718.265207269')
    const web = events.find((event) => event.http)
    expect(web?.time).toMatchObject({ us: 1_795_509_717_356_903, source: '1795509717.356903' })
  })

  it('reads a second section in the other byte order, with a binary clock', () => {
    const ssh = events.find((event) => event.class === 'ssh_activity')
    expect(Math.abs((ssh?.time.us ?? 0) - 1_795_509_717_383_532)).toBeLessThanOrEqual(1)
    expect(ssh?.bursts).toMatchObject({ serverFirst: 8, serverFirstAnswered: 8, clientFirst: 0 })
  })

  it('takes packets without a time as having arrived when the file was written', () => {
    const simple = readAll(pcapng, 'a.pcapng', fixture('pcapng/simple-packets.pcapng'))
    expect(simple.events.length).toBeGreaterThan(0)
    for (const event of simple.events) expect(event.time.kind).toBe('ingest')
  })
})
