// What the test and the shares of causes say of each explanation, in one sentence with its numbers.

import { attributionDefaults, type Hypothesis } from './api.ts'
import type { KnownPart } from './known-part.ts'

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
  /** Whether what each rival claims goes on while no call runs. */
  readonly goesOn: { readonly periodic: boolean; readonly background: boolean }
}

export interface Shares {
  readonly calls: number
  readonly periodic: number
  readonly daemon: number
  readonly outside: number
  readonly unrecorded: number
}

export interface Findings {
  /** Absent where it could not be made. */
  readonly test?: Test
  readonly shares: Shares
  readonly known: KnownPart
  /** Events asked about. */
  readonly n: number
  /** What is missing, as half a sentence. */
  readonly why: string
  /** Logs and traces are not of the same time. */
  readonly apart: boolean
}

/** Of so much must calls be known before anything is said, and before calls are ruled out. */
export const knownMin = { any: 0.5, all: 0.95 }

/**
 * A rival is supported only by evidence of its own, never because calls explain little: what is not recorded would
 * look the same. Where logs and traces do not meet, or meet in a part, nothing is decided.
 */
export function verdicts(x: Findings): Hypothesis[] {
  const { test, shares, known, n } = x
  const part = (v: number) => v / Math.max(1, n)
  const percent = (v: number) => `${Math.round(100 * part(v))} %`
  const untold = x.apart || known.share < knownMin.any
  const rest = shares.daemon + shares.unrecorded
  const first = untold ? undecided(test, x.why) : agentCaused(x)
  const rival = (
    name: 'periodic-job' | 'outside',
    value: number,
    shown: boolean,
    text: string,
  ): Hypothesis => {
    const few = asFewAs(value, n)
    const supported = part(value) >= 0.5 && shown
    const rejected = part(value) <= 0.1 && few <= alpha
    return {
      name,
      score: round(part(value)),
      pValue: few,
      verdict:
        untold || n === 0 ? 'undecided' : supported ? 'supported' : rejected ? 'rejected' : 'undecided',
      text: `${percent(value)} of the events ${text}; were it the cause of half of them, so few would be seen with p ${pText(few)}.`,
    }
  }
  const ownRhythm = known.complete && (test?.goesOn.background ?? false) && shares.daemon >= shares.unrecorded
  const background: Hypothesis = {
    name: 'background',
    score: round(part(rest)),
    pValue: test ? test.pValue : 1,
    verdict:
      first.verdict === 'supported' && part(rest) < 0.5
        ? 'rejected'
        : first.verdict === 'rejected' && part(rest) >= 0.5 && ownRhythm
          ? 'supported'
          : 'undecided',
    text: `${percent(rest)} of the events fit what goes on without any recorded call.`,
  }
  return [
    first,
    rival(
      'periodic-job',
      shares.periodic,
      test?.goesOn.periodic ?? false,
      'recur at a steady beat that no call sets',
    ),
    rival('outside', shares.outside, true, 'were begun by an outside party'),
    background,
  ]
}

function undecided(test: Test | undefined, why: string): Hypothesis {
  return {
    name: 'agent-caused',
    score: test ? round(test.bits) : 0,
    pValue: test ? test.pValue : 1,
    verdict: 'undecided',
    text: `Cannot be told: ${why}.`,
  }
}

function agentCaused({ test, shares, known, n, why }: Findings): Hypothesis {
  if (!test) return undecided(test, why)
  const part = shares.calls / Math.max(1, n)
  const chance = `over ${test.tested} events, ${attributionDefaults.shifts} shifts in time do as well in ${test.asGood} cases`
  const say = (verdict: Hypothesis['verdict'], text: string): Hypothesis => ({
    name: 'agent-caused',
    score: round(test.bits),
    pValue: test.pValue,
    verdict,
    text,
  })
  if (test.pValue <= alpha && part >= 0.1) {
    return say(
      'supported',
      `Events follow calls far more closely than chance: ${chance} (p = ${test.pValue.toFixed(3)}); calls account for ${Math.round(100 * part)} %.`,
    )
  }
  if (test.pValue > 0.2 && test.power && part < 0.3) {
    if (known.share < knownMin.all) return undecided(test, why)
    return say(
      'rejected',
      `Events come no closer to calls than chance would have them (p = ${test.pValue.toFixed(2)}), though a real tie would have shown.`,
    )
  }
  return say(
    'undecided',
    test.power
      ? `Cannot be told: ${chance} (p = ${test.pValue.toFixed(2)}).`
      : `Cannot be told: with this many calls running at once (${Math.round(100 * test.concurrent)} % of the time at least one) even a real tie would not show (p = ${test.pValue.toFixed(2)}).`,
  )
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
