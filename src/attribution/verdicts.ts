// What the test and the shares of causes say of each explanation, in one sentence with its numbers.

import { attributionDefaults, type Hypothesis } from './api.ts'

/** Size of every test here. */
export const alpha = 0.01

export interface Test {
  readonly pValue: number
  /** How many of the shifts come as close as what was seen. */
  readonly asGood: number
  readonly bits: number
  readonly power: boolean
  readonly concurrent: number
  readonly tested: number
}

export function verdicts(
  test: Test | undefined,
  shares: { calls: number; periodic: number; daemon: number; outside: number; unrecorded: number },
  n: number,
  why: string,
): Hypothesis[] {
  const of = Math.max(1, n)
  const part = (v: number) => v / of
  const percent = (v: number) => `${Math.round((100 * v) / of)} %`
  const agent = (): Hypothesis => {
    if (!test) {
      return {
        name: 'agent-caused',
        score: 0,
        pValue: 1,
        verdict: 'undecided',
        text: `Cannot be told: ${why}.`,
      }
    }
    const chance = `over ${test.tested} events, ${attributionDefaults.shifts} shifts in time do as well in ${test.asGood} cases`
    if (test.pValue <= alpha && part(shares.calls) >= 0.1) {
      return {
        name: 'agent-caused',
        score: round(test.bits),
        pValue: test.pValue,
        verdict: 'supported',
        text: `Events follow calls far more closely than chance: ${chance} (p = ${test.pValue.toFixed(3)}); calls account for ${percent(shares.calls)}.`,
      }
    }
    const rejected = test.pValue > 0.2 && test.power && part(shares.calls) < 0.3
    return {
      name: 'agent-caused',
      score: round(test.bits),
      pValue: test.pValue,
      verdict: rejected ? 'rejected' : 'undecided',
      text: rejected
        ? `Events come no closer to calls than chance would have them (p = ${test.pValue.toFixed(2)}), though a real tie would have shown.`
        : test.power
          ? `Cannot be told: ${chance} (p = ${test.pValue.toFixed(2)}).`
          : `Cannot be told: with this many calls running at once (${Math.round(100 * test.concurrent)} % of the time at least one) even a real tie would not show (p = ${test.pValue.toFixed(2)}).`,
    }
  }
  const share = (name: 'periodic-job' | 'outside', value: number, text: string): Hypothesis => ({
    name,
    score: round(part(value)),
    pValue: asFewAs(value, n),
    verdict:
      n === 0
        ? 'undecided'
        : part(value) >= 0.5
          ? 'supported'
          : part(value) <= 0.1 && asFewAs(value, n) <= alpha
            ? 'rejected'
            : 'undecided',
    text: `${percent(value)} of the events ${text}; were it the cause of half of them, so few would be seen with p ${pText(asFewAs(value, n))}.`,
  })
  const first = agent()
  const rest = shares.daemon + shares.unrecorded
  const background: Hypothesis = {
    name: 'background',
    score: round(part(rest)),
    pValue: test ? test.pValue : 1,
    verdict:
      first.verdict === 'supported' && part(rest) < 0.5
        ? 'rejected'
        : part(rest) >= 0.5 && test !== undefined && first.verdict !== 'undecided'
          ? 'supported'
          : 'undecided',
    text: `${percent(rest)} of the events fit what goes on without any recorded call.`,
  }
  return [
    first,
    share('periodic-job', shares.periodic, 'recur at a steady beat that no call sets'),
    share('outside', shares.outside, 'were begun by an outside party'),
    background,
  ]
}

/**
 * Chance of at most `value` of `n` events when each is of this kind with probability ½ (exact binomial tail): the
 * p-value of a rival that claims to be the main cause.
 */
function asFewAs(value: number, n: number): number {
  if (n === 0) return 1
  const k = Math.min(n, Math.floor(value + 0.5))
  let logTerm = -n * Math.LN2
  let tail = Math.exp(logTerm)
  for (let i = 1; i <= k; i++) {
    logTerm += Math.log((n - i + 1) / i)
    tail += Math.exp(logTerm)
  }
  return Math.min(1, tail)
}

function pText(p: number): string {
  return p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
