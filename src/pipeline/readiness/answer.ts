// The answer in two sentences: what would become of an alarm of today, and what to do first.

import type { ImprovementId, ReadinessCheck } from '../../schema/readiness.ts'
import type { Facts } from './api.ts'
import { aboutTen, callsText, ofTen, percent } from './words.ts'

/** Improvements as they are told. */
export const improvementWords: Readonly<Record<ImprovementId, string>> = {
  addresses: 'a record of which sandbox had which address (NAT or conntrack log, topology)',
  stamps: 'stamps of a millisecond',
  clocks: 'clocks that provably agree',
  'call-times': "each call's own beginning and end",
  'box-names': "the sandbox's name in the traces",
  names: 'a DNS log',
  recording: 'the traces of every sandbox and time',
}

/** Without these, later alarms find nothing to be compared with, whatever the past inputs were like. */
const losing: ReadonlySet<string> = new Set(['trace.dump', 'trace.outside', 'kept'])
const stepsShown = 2
/** A step that brings less is not worth a word in the answer. */
const stepMin = 0.03

export function answerOf(facts: Facts, checks: readonly ReadinessCheck[]): string {
  const lost = checks.filter(({ id, verdict }) => verdict === 'missing' && losing.has(id)).map(({ id }) => id)
  const warning =
    lost.length === 0 ? '' : `, and see to what would lose the evidence itself (${lost.join(', ')})`
  const { odds } = facts
  if (odds?.today) {
    const { today, path } = odds
    const partly =
      today.recorded < 0.995
        ? `; calls are recorded of ${percent(today.recorded, 1)} of the sandboxes and times`
        : ''
    const crowd =
      today.sharedMean < 1.05
        ? 'one call runs at a time'
        : `${callsText(today.sharedMean)} on average run at once`
    const first = `An alarm of today would be attributed to one call in ${aboutTen(today.share)} cases: where it would come from, ${crowd}${partly}.`
    const worth = path.filter(
      ({ odds: then }, k) => then.share - (path[k - 1]?.odds ?? today).share >= stepMin,
    )
    const steps = (worth.length === 0 ? [] : path.slice(0, path.indexOf(worth.at(-1)!) + 1)).slice(
      0,
      stepsShown,
    )
    const last = steps.at(-1)
    if (!last) {
      const best = 'Nothing that can be computed from these inputs would make that much better'
      return `${first} ${lost.length === 0 ? `${best}.` : `${best}${warning}.`}`
    }
    const words = steps.map(({ id, odds: then }) => `${improvementWords[id]} (then ${ofTen(then.share)})`)
    return `${first} What would help most: ${words.join(', then ')}${warning}.`
  }
  if (facts.traces && odds) {
    return `No alarm of today could be attributed, because there is no log of what leaves. With one that tells sandboxes apart, stamps milliseconds and knows names, ${aboutTen(odds.best.share)} would be${warning}.`
  }
  if (facts.logs) {
    return `No alarm of today could be attributed to a call, because no tool call was read. The first thing to do is to give the agents' traces of the time of these logs${warning}.`
  }
  const settings =
    facts.settings.length > 0 ? 'these configurations alone do not tell' : 'nothing that was given tells'
  return `Whether an alarm of today could be attributed, ${settings}. Give a log of what leaves and the agents' traces of the same time${warning}.`
}
