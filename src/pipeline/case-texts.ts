// The lines of `attributions.jsonl` and `toolcalls.jsonl`, put together from pieces: of a million lines most say the
// same of the same things. The text is what JSON.stringify gives of the objects in `case-lines.ts`, secrets replaced.

import type { AttributionResult } from '../attribution/api.ts'
import { eventFlags, noneKinds, tiers } from '../attribution/api.ts'
import { roundedShares } from '../attribution/shares.ts'
import { eventClasses } from '../schema/event.ts'
import { allowedFlag, noExitCode, timeSources } from './batch-words.ts'
import type { Case } from './case.ts'
import { causeOf, verdictOf } from './case-lines.ts'
import { isoTexts } from './iso-texts.ts'
import type { Redact } from './redact.ts'

/** So many texts are kept in their quoted form; what comes after is quoted each time. */
const keptMax = 200_000
/** What is longer is quoted each time too. */
const keptChars = 500
/** Sentences of evidence are kept up to here, then all are forgotten. */
const sentencesMax = 50_000

export interface CaseTexts {
  attribution(i: number): string
  toolCall(j: number): string
}

export function caseTexts(theCase: Case, result: AttributionResult, redact: Redact): CaseTexts {
  const { merged, text } = theCase
  const { events, calls } = merged
  const files = merged.files.map(({ path }) => JSON.stringify(path))
  const classes = eventClasses.map((name) => JSON.stringify(name))
  const size = merged.texts.list.length
  const quoted = keeping(size, (id) => JSON.stringify(text(id)))
  const clean = keeping(size, (id) => JSON.stringify(redact(text(id))))
  const orNull = (id: number) => (id === 0 ? 'null' : quoted(id))
  const sentences = new Map<string, string>()
  const eventTime = isoTexts()
  const startTime = isoTexts()
  const endTime = isoTexts()

  function sentence(words: string): string {
    if (words.length > keptChars) return JSON.stringify(redact(words))
    let known = sentences.get(words)
    if (known === undefined) {
      known = JSON.stringify(redact(words))
      if (sentences.size >= sentencesMax) sentences.clear()
      sentences.set(words, known)
    }
    return known
  }

  function candidates(i: number, from: number, shares: readonly number[], listed: number): string {
    const explained = result.explain(i)
    let out = ''
    for (let c = 0; c < listed; c++) {
      let evidence = ''
      for (const { kind, logOdds, text: words } of explained[c] ?? []) {
        const odds = jsonNumber(Math.round(logOdds * 100) / 100)
        evidence += `${evidence === '' ? '' : ','}{"kind":"${kind}","logOdds":${odds},"text":${sentence(words)}}`
      }
      const uid = theCase.callUid(result.candCall[from + c]!)
      out += `${c === 0 ? '' : ','}{"toolCall":"${uid}","p":${shares[c]},"evidence":[${evidence}]}`
    }
    return out
  }

  function attribution(i: number): string {
    const from = result.candStart[i]!
    const listed = result.candStart[i + 1]! - from
    const masses: number[] = []
    for (let c = 0; c < listed; c++) masses.push(result.candP[from + c]!)
    masses.push(result.pNone[i]!, result.pOther[i]!)
    const shares = roundedShares(masses)
    const pNone = shares[listed]!
    const split = roundedShares(result.noneSplit.subarray(i * 4, i * 4 + 4))
    const part = (k: number) => jsonNumber(Math.round(split[k]! * pNone * 1e6) / 1e6)
    const cause = causeOf(result, i)
    const flags = events.flags[i]!
    const name = result.dstName[i]! || events.name[i]!
    const rule = events.rule[i]!
    const port = events.dstPort[i]!
    const box = result.eventBox[i]! || (cause >= 0 ? theCase.callBox[cause]! : 0)
    const disposition = flags & eventFlags.blocked ? '"blocked"' : flags & allowedFlag ? '"allowed"' : 'null'
    return (
      `{"_schema":"vigiles/attribution/v1","event":{"uid":"${theCase.eventUid(i)}","file":${files[events.file[i]!]}` +
      `,"line":${events.line[i]},"time":"${eventTime(result.eventUs[i]!)}"` +
      `,"sourceTime":${JSON.stringify(merged.sourceTime(i))},"class":${classes[events.class[i]!]}` +
      `,"src":${quoted(events.srcIp[i]!)},"dst":${quoted(events.dstIp[i]!)},"port":${port === 0 ? 'null' : port}` +
      `,"name":${name === 0 ? 'null' : clean(name)},"disposition":${disposition}` +
      `,"rule":${rule === 0 ? 'null' : clean(rule)}},"verdict":"${verdictOf(result, i)}"` +
      `,"toolCall":${cause < 0 ? 'null' : `"${theCase.callUid(cause)}"`}` +
      `,"episode":${cause < 0 ? 'null' : orNull(calls.episode[cause]!)}` +
      `,"p":${listed > 0 ? shares[0] : 0},"pNone":${pNone},"pOther":${shares[listed + 1]}` +
      `,"noneSplit":{"${noneKinds[0]}":${part(0)},"${noneKinds[1]}":${part(1)}` +
      `,"${noneKinds[2]}":${part(2)},"${noneKinds[3]}":${part(3)}},"tier":"${tiers[result.tier[i]!]}"` +
      `,"box":${orNull(box)},"candidates":[${listed > 0 ? candidates(i, from, shares, listed) : ''}]}`
    )
  }

  function toolCall(j: number): string {
    const sourceId = merged.sourceId(j)
    const turn = calls.turn[j]!
    const step = calls.step[j]!
    const reward = calls.reward[j]!
    const exitCode = calls.exitCode[j]!
    const echo = theCase.echoOf[j]!
    return (
      `{"uid":"${theCase.callUid(j)}","sourceId":${sourceId === '' ? 'null' : JSON.stringify(sourceId)}` +
      `,"run":${orNull(calls.run[j]!)},"episode":${orNull(calls.episode[j]!)}` +
      `,"turn":${turn < 0 ? 'null' : turn},"step":${step < 0 ? 'null' : step}` +
      `,"policyVersion":${orNull(calls.policyVersion[j]!)},"reward":${jsonNumber(reward)}` +
      `,"name":${quoted(calls.name[j]!)},"command":${JSON.stringify(redact(merged.command(j)))}` +
      `,"start":"${startTime(result.callStartUs[j]!)}"` +
      `,"end":${Number.isNaN(calls.endUs[j]!) ? 'null' : `"${endTime(result.callEndUs[j]!)}"`}` +
      `,"uncertaintyMs":${jsonNumber(calls.uncertaintyUs[j]! / 1000)}` +
      `,"timeSource":"${timeSources[calls.timeSource[j]!]}","box":${orNull(theCase.callBox[j]!)}` +
      `,"file":${files[calls.file[j]!]},"line":${calls.line[j]}` +
      `${exitCode === noExitCode ? '' : `,"exitCode":${exitCode}`}` +
      `${echo < 0 ? '' : `,"echoOf":"${theCase.callUid(echo)}"`}}`
    )
  }

  return { attribution, toolCall }
}

function keeping(size: number, make: (id: number) => string): (id: number) => string {
  const kept = new Array<string | undefined>(size)
  let count = 0
  return (id) => {
    const known = kept[id]
    if (known !== undefined) return known
    const made = make(id)
    if (count < keptMax && made.length <= keptChars) {
      count++
      kept[id] = made
    }
    return made
  }
}

/** JSON has no words for what is not finite. */
function jsonNumber(value: number): string {
  return Number.isFinite(value) ? String(value) : 'null'
}
