import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mergedOf } from '../../test/merged-of.ts'
import type { AttributionResult } from '../attribution/api.ts'
import { toIso } from '../base/time.ts'
import { buildCase } from './case.ts'
import { attributionLine, toolCallLine } from './case-lines.ts'
import { caseTexts } from './case-texts.ts'
import { isoTexts } from './iso-texts.ts'
import { redactor, withoutSecrets } from './redact.ts'

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    '"',
    '\\',
    '\u2028',
    '\ud800',
    'é',
    'token=abcdef123456',
    'https://u:hunter22@h.example/',
    '\u0000',
  ),
)
const us = fc.integer({ min: -1, max: 4_000_000_000 }).map((seconds) => seconds * 1e6 + (seconds % 999_983))
const time = us.map((at) => ({ us: at, spanUs: 1, kind: 'event', zone: 'utc', source: '' }) as const)
const share = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1, 1e-7, 0.5, 0.9))
const number = fc.oneof(fc.double(), fc.constantFrom(0, -0, 1.005, 1e21))
const call = fc.record(
  {
    name: text,
    command: text,
    start: time,
    sourceId: text,
    end: time,
    run: text,
    episode: text,
    policyVersion: text,
    turn: fc.nat(9),
    step: fc.nat(9),
    reward: number,
    exitCode: fc.oneof(fc.integer({ min: -1, max: 255 }), fc.constant(2 ** 40)),
    uncertaintyMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
    timeSource: fc.constantFrom('executor', 'span', 'file'),
    boxHints: fc.array(text, { maxLength: 1 }),
  },
  { requiredKeys: ['name', 'command', 'start'] },
)
const event = fc.record(
  {
    class: fc.constantFrom('network_activity', 'dns_activity', 'detection_finding'),
    time: fc.tuple(time, text).map(([at, source]) => ({ ...at, source })),
    dstEndpoint: fc.record({ ip: text, port: fc.integer({ min: 0, max: 65_535 }), hostname: text }),
    policy: fc.record({ rule: text }),
    disposition: fc.constantFrom('allowed', 'blocked'),
    observed: fc.record({ sni: text }),
  },
  { requiredKeys: ['class', 'time', 'dstEndpoint'] },
)
const evidence = fc.record({ kind: fc.constantFrom('time', 'name'), logOdds: number, text })

describe('the lines of a case', () => {
  const material = fc.record({
    calls: fc.array(call, { minLength: 1, maxLength: 6 }),
    events: fc.array(event, { minLength: 1, maxLength: 6 }),
    path: text,
    shares: fc.array(share, { minLength: 64, maxLength: 64 }),
    evidence: fc.array(evidence, { maxLength: 4 }),
    seed: fc.nat(),
  })

  test('are what JSON gives of their objects, secrets replaced', () => {
    fc.assert(
      fc.property(material, ({ calls, events, path, shares, evidence: lines, seed }) => {
        const merged = mergedOf([
          { path: `${path}a`, calls },
          { path: `${path}b`, events },
        ])
        const theCase = buildCase(merged, { zones: [], controls: [] })
        const result = resultOf(calls.length, events.length, shares, lines, seed, theCase.callBox)
        const redact = redactor('key')
        const texts = caseTexts(theCase, result, redact)
        for (let i = 0; i < events.length; i++) {
          const line = withoutSecrets(attributionLine(theCase, result, i), redact)
          expect(texts.attribution(i)).toBe(JSON.stringify(line))
        }
        for (let j = 0; j < calls.length; j++) {
          const line = toolCallLine(theCase, result, j)
          expect(texts.toolCall(j)).toBe(JSON.stringify({ ...line, command: redact(line.command) }))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('write times as everywhere else', () => {
    const write = isoTexts()
    const any = fc.oneof(us, fc.double({ min: -6.3e16, max: 2.5e17, noNaN: true }))
    fc.assert(
      fc.property(any, (at) => {
        expect(write(at)).toBe(toIso(at))
      }),
    )
  })
})

function resultOf(
  calls: number,
  events: number,
  shares: readonly number[],
  lines: readonly { kind: string; logOdds: number; text: string }[],
  seed: number,
  box: Uint32Array,
): AttributionResult {
  const counts = Array.from({ length: events }, (_, i) => (seed + i) % (Math.min(3, calls) + 1))
  const candStart = new Uint32Array(events + 1)
  for (let i = 0; i < events; i++) candStart[i + 1] = candStart[i]! + counts[i]!
  const of = (k: number) => shares[(seed + k) % shares.length]!
  const candidates = candStart[events]!
  return {
    clocks: [],
    eventUs: Float64Array.from({ length: events }, (_, i) => 1e15 + (seed % 1e9) * i),
    callStartUs: Float64Array.from({ length: calls }, (_, j) => 1e15 + (seed % 7e8) * j),
    callEndUs: Float64Array.from({ length: calls }, (_, j) => 1e15 + (seed % 9e8) * (j + 1)),
    eventBox: Uint32Array.from({ length: events }, (_, i) => (i % 2 === 0 ? 0 : box[i % calls]!)),
    candStart,
    candCall: Uint32Array.from({ length: candidates }, (_, k) => (seed + k) % calls),
    candP: Float64Array.from({ length: candidates }, (_, k) => of(k)),
    pNone: Float64Array.from({ length: events }, (_, i) => of(i + 17)),
    pOther: Float64Array.from({ length: events }, (_, i) => of(i + 31)),
    noneSplit: Float32Array.from({ length: 4 * events }, (_, k) => of(k + 5)),
    tier: Uint8Array.from({ length: events }, (_, i) => i % 4),
    onset: new Uint32Array(events),
    dstName: new Uint32Array(events),
    hypotheses: [],
    missing: '',
    groups: [],
    coincidences: { observed: 0, of: 0, expectedByChance: 0 },
    calibrated: false,
    notes: [],
    explain: (i) => Array.from({ length: counts[i]! }, () => lines),
  }
}
