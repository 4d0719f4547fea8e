// Runs the checks over the facts and says the whole in two sentences.

import {
  type ImprovementId,
  type Readiness,
  type ReadinessCheck,
  type ReadinessInput,
  readinessVerdicts,
} from '../../schema/readiness.ts'
import type { InputSummary } from '../../schema/summary.ts'
import { answerOf } from './answer.ts'
import type { Facts } from './api.ts'
import { checks } from './checks.ts'
import { type FactParts, factsOf } from './facts.ts'

export interface JudgeParts extends FactParts {
  readonly version: string
  /** By path: whose configuration a file is. */
  readonly products: ReadonlyMap<string, readonly string[]>
}

/** The readiness of a set-up, from a case of it. Pure and total. */
export function judge(parts: JudgeParts): Readiness {
  const inputs = parts.inputs.map((input) => asConfiguration(input, parts.products))
  const facts = factsOf({ ...parts, inputs: inputs.filter(({ format }) => format !== 'configuration') })
  const judged = judgeAll(facts)
  const { odds } = facts
  return {
    _schema: 'vigiles/readiness/v1',
    version: parts.version,
    answer: answerOf(facts, judged),
    inputs: inputs.map((input) => inputOf(input, parts.products)),
    today: odds?.today ?? null,
    best: odds?.best ?? null,
    improvements: odds?.path ?? [],
    observed: facts.observed,
    checks: judged,
  }
}

export function judgeAll(facts: Facts): ReadinessCheck[] {
  const judged = checks.flatMap((check) => {
    const judgement = check.look(facts)
    if (!judgement) return []
    const { id, question, judged: how, improves } = check
    const { verdict, found, cost = '', todo = [], evidence = [] } = judgement
    const gain = verdict === 'good' ? null : gainOf(facts, improves)
    return [{ id, question, judged: how, verdict, found, cost, todo, evidence, gain }]
  })
  const rank = ({ verdict }: ReadinessCheck) => readinessVerdicts.indexOf(verdict)
  return judged.sort((a, b) => rank(a) - rank(b) || (b.gain?.share ?? 0) - (a.gain?.share ?? 0))
}

function gainOf({ odds }: Facts, improves: ImprovementId | undefined) {
  return improves === undefined ? null : (odds?.improved.get(improves) ?? null)
}

function asConfiguration(input: InputSummary, products: JudgeParts['products']): InputSummary {
  return input.format === 'unknown' && products.has(input.path)
    ? { ...input, format: 'configuration' }
    : input
}

function inputOf(input: InputSummary, products: JudgeParts['products']): ReadinessInput {
  const { path, format } = input
  const product = products.get(path)?.join(', ')
  if (format === 'configuration') return { path, kind: 'configuration', product: product ?? format }
  const kind =
    input.events > 0
      ? 'log'
      : input.toolCalls > 0 || input.episodes > 0
        ? 'trace'
        : input.boxes > 0
          ? 'topology'
          : 'unread'
  return { path, kind, product: format }
}
