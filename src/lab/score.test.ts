import { expect, test } from 'vitest'
import type { AttributionLine, ToolCallLine } from '../schema/summary.ts'
import { type LineTruth, scoreLab } from './score.ts'

const calls = ['a', 'b'].map(
  (name, i): ToolCallLine => ({
    uid: `uid-${name}`,
    sourceId: name,
    run: null,
    episode: null,
    turn: null,
    step: null,
    policyVersion: null,
    reward: null,
    name: 'bash',
    command: 'true',
    start: `2026-11-24T08:00:0${i * 5}.000000Z`,
    end: null,
    uncertaintyMs: 0,
    timeSource: 'span',
    box: null,
    file: 'spans.jsonl',
    line: i + 1,
  }),
)

function truth(
  line: number,
  toolCall: string | null,
  cause = toolCall ? 'call' : 'cron',
  alarm = false,
): LineTruth {
  return { file: 'firewall/eve.json', line, connection: line, toolCall, cause, part: null, alarm }
}

function answer(
  line: number,
  ps: Record<string, number>,
  { second = 6, file = 'logs/firewall/eve.json' } = {},
): AttributionLine {
  const candidates = Object.entries(ps).map(([name, p]) => ({ toolCall: `uid-${name}`, p, evidence: [] }))
  const top = candidates.sort((x, y) => y.p - x.p)[0]
  const named = top && top.p >= 0.5 ? top : undefined
  return {
    _schema: 'vigiles/attribution/v1',
    event: {
      uid: `e${line}`,
      file,
      line,
      time: `2026-11-24T08:00:0${second}.000001Z`,
      sourceTime: '',
      class: 'network_activity',
      src: '',
      dst: '',
      port: null,
      name: null,
      disposition: null,
      rule: null,
    },
    verdict: named ? (named.p >= 0.9 ? 'attributed' : 'likely') : 'not-attributable',
    toolCall: named?.toolCall ?? null,
    episode: null,
    p: named?.p ?? 0,
    pNone: 1 - candidates.reduce((sum, c) => sum + c.p, 0),
    pOther: 0,
    noneSplit: { 'periodic-job': 0, 'host-daemon': 0, outside: 0, 'unrecorded-agent': 0 },
    tier: 'time',
    box: null,
    candidates,
  }
}

test('tells hits, wrong calls, misses and rightly unnamed lines apart', () => {
  const { all } = scoreLab(
    [truth(1, 'a'), truth(2, 'a'), truth(3, 'b'), truth(4, null), truth(5, null)],
    [
      answer(1, { a: 0.95 }),
      answer(2, { b: 0.6, a: 0.4 }),
      answer(3, { b: 0.3 }),
      answer(4, { a: 0.1 }),
      answer(5, { a: 0.7 }),
    ],
    calls,
  )
  expect(all).toMatchObject({ events: 5, hits: 1, wrong: 2, misses: 1, correctNone: 1 })
  expect(all.top1).toBeCloseTo(2 / 5)
  expect(all.confidentShare).toBeCloseTo(1 / 5)
  expect(all.confidentPrecision).toBe(1)
})

test('measures how far stated probabilities lie from what came true', () => {
  const rows = Array.from({ length: 10 }, (_, i) => i + 1)
  const sure = rows.map((line) => answer(line, { a: 0.8 }))
  const eightOfTen = rows.map((line) => truth(line, line <= 8 ? 'a' : 'b'))
  const none = rows.map((line) => truth(line, null))
  expect(scoreLab(eightOfTen, sure, calls).all.ece).toBeCloseTo(0)
  expect(scoreLab(none, sure, calls).all.ece).toBeCloseTo(0.8)
  expect(scoreLab(none, sure, calls).all.brier).toBeCloseTo(0.8 ** 2 * 2)
})

test('a right and certain answer has no Brier score, a wrong one two', () => {
  expect(scoreLab([truth(1, 'a')], [answer(1, { a: 1 })], calls).all.brier).toBe(0)
  expect(scoreLab([truth(1, null)], [answer(1, { a: 1 })], calls).all.brier).toBe(2)
})

test('the baseline names the latest call that had started', () => {
  const { nearestStart } = scoreLab(
    [truth(1, 'b'), truth(2, 'a'), truth(3, 'a')],
    [answer(1, {}, { second: 6 }), answer(2, {}, { second: 4 }), answer(3, {}, { second: 6 })],
    calls,
  )
  expect(nearestStart).toMatchObject({ hits: 2, wrong: 1, misses: 0 })
})

test('counts what cannot be judged instead of dropping it', () => {
  const score = scoreLab(
    [truth(1, 'a'), truth(2, null, 'unlabelled'), truth(3, 'a')],
    [answer(1, { a: 1 }), answer(2, {}), answer(9, {}), answer(1, {}, { file: 'other.json' })],
    calls,
  )
  expect(score).toMatchObject({ notAnswered: { 'firewall/eve.json': 1 }, unmatched: 2, unlabelled: 1 })
  expect(score.all.events).toBe(1)
})

test('alarms are scored apart, and compressed logs are the same logs', () => {
  const score = scoreLab(
    [truth(1, 'a', 'call', true), truth(2, 'a')],
    [answer(1, { a: 1 }, { file: 'x/firewall/eve.json.gz' }), answer(2, {})],
    calls,
  )
  expect(score.alarms).toMatchObject({ events: 1, hits: 1 })
  expect(score.all).toMatchObject({ events: 2, hits: 1, misses: 1 })
})
