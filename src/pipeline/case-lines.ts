// One event's attribution and one call as the lines of the contract.

import type { AttributionResult } from '../attribution/api.ts'
import { attributionDefaults, eventFlags, noneKinds, tiers } from '../attribution/api.ts'
import { roundedShares } from '../attribution/shares.ts'
import { toIso } from '../base/time.ts'
import { eventClasses } from '../schema/event.ts'
import type { AttributionLine, ToolCallLine } from '../schema/summary.ts'
import { allowedFlag, noExitCode, timeSources } from './batch-words.ts'
import type { Case } from './case.ts'

/** Index of the call that event i is attributed to (p ≥ 0.5), else -1. */
export function causeOf(
  result: Pick<AttributionResult, 'candStart' | 'candP' | 'candCall'>,
  i: number,
): number {
  const k = result.candStart[i]!
  if (k === result.candStart[i + 1]! || result.candP[k]! < attributionDefaults.likely) return -1
  return result.candCall[k]!
}

export function verdictOf(result: AttributionResult, i: number): AttributionLine['verdict'] {
  const k = result.candStart[i]!
  const p = k === result.candStart[i + 1]! ? 0 : result.candP[k]!
  if (p >= attributionDefaults.attributed) return 'attributed'
  return p >= attributionDefaults.likely ? 'likely' : 'not-attributable'
}

export function attributionLine(theCase: Case, result: AttributionResult, i: number): AttributionLine {
  const { merged, text } = theCase
  const { events, calls } = merged
  const from = result.candStart[i]!
  const to = result.candStart[i + 1]!
  const listed = to - from
  const masses: number[] = []
  for (let k = from; k < to; k++) masses.push(result.candP[k]!)
  const shares = roundedShares([...masses, result.pNone[i]!, result.pOther[i]!])
  const pNone = shares[listed]!
  const split = roundedShares(result.noneSplit.subarray(i * 4, i * 4 + 4)).map((share) => share * pNone)
  const cause = causeOf(result, i)
  const explained = listed > 0 ? result.explain(i) : []
  const flags = events.flags[i]!
  const name = text(result.dstName[i]!) || text(events.name[i]!)
  const rule = text(events.rule[i]!)
  const port = events.dstPort[i]!
  const box = text(result.eventBox[i]!) || (cause >= 0 ? text(theCase.callBox[cause]!) : '')
  return {
    _schema: 'vigiles/attribution/v1',
    event: {
      uid: theCase.eventUid(i),
      file: merged.files[events.file[i]!]!.path,
      line: events.line[i]!,
      time: toIso(result.eventUs[i]!),
      sourceTime: merged.sourceTime(i),
      class: eventClasses[events.class[i]!]!,
      src: text(events.srcIp[i]!),
      dst: text(events.dstIp[i]!),
      port: port === 0 ? null : port,
      name: name === '' ? null : name,
      disposition: flags & eventFlags.blocked ? 'blocked' : flags & allowedFlag ? 'allowed' : null,
      rule: rule === '' ? null : rule,
    },
    verdict: verdictOf(result, i),
    toolCall: cause < 0 ? null : theCase.callUid(cause),
    episode: cause < 0 || calls.episode[cause] === 0 ? null : text(calls.episode[cause]!),
    p: listed > 0 ? shares[0]! : 0,
    pNone,
    pOther: shares[listed + 1]!,
    noneSplit: {
      [noneKinds[0]]: tidy(split[0]!),
      [noneKinds[1]]: tidy(split[1]!),
      [noneKinds[2]]: tidy(split[2]!),
      [noneKinds[3]]: tidy(split[3]!),
    },
    tier: tiers[result.tier[i]!]!,
    box: box === '' ? null : box,
    candidates: masses.map((_, c) => ({
      toolCall: theCase.callUid(result.candCall[from + c]!),
      p: shares[c]!,
      evidence: (explained[c] ?? []).map(({ kind, logOdds, text: words }) => ({
        kind,
        logOdds: Math.round(logOdds * 100) / 100,
        text: words,
      })),
    })),
  }
}

function tidy(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

export function toolCallLine(theCase: Case, result: AttributionResult, j: number): ToolCallLine {
  const { merged, text } = theCase
  const { calls } = merged
  const orNull = (id: number) => (id === 0 ? null : text(id))
  const sourceId = merged.sourceId(j)
  const reward = calls.reward[j]!
  return {
    uid: theCase.callUid(j),
    sourceId: sourceId === '' ? null : sourceId,
    run: orNull(calls.run[j]!),
    episode: orNull(calls.episode[j]!),
    turn: calls.turn[j]! < 0 ? null : calls.turn[j]!,
    step: calls.step[j]! < 0 ? null : calls.step[j]!,
    policyVersion: orNull(calls.policyVersion[j]!),
    reward: Number.isNaN(reward) ? null : reward,
    name: text(calls.name[j]!),
    command: merged.command(j),
    start: toIso(result.callStartUs[j]!),
    end: Number.isNaN(calls.endUs[j]!) ? null : toIso(result.callEndUs[j]!),
    uncertaintyMs: calls.uncertaintyUs[j]! / 1000,
    timeSource: timeSources[calls.timeSource[j]!]!,
    box: orNull(theCase.callBox[j]!),
    file: merged.files[calls.file[j]!]!.path,
    line: calls.line[j]!,
    ...(calls.exitCode[j] === noExitCode ? {} : { exitCode: calls.exitCode[j]! }),
    ...(theCase.echoOf[j]! < 0 ? {} : { echoOf: theCase.callUid(theCase.echoOf[j]!) }),
  }
}
