// The answer for one alarm in about ten terminal lines.
//
//   ALARM     2026-11-24 03:14:07.120 UTC  blocked et-mining – 10.0.3.7 to pool.example.com:3333 (203.0.113.9)
//   ANSWER    attributed, p 0.97, tier content: the call names what was reached
//   CALL      Bash  ./xmrig -o pool.example.com:3333
//   …

import { plain } from '../base/terminal.ts'
import { parseIso } from '../base/time.ts'
import type { AttributionLine, FindingLine, Summary, ToolCallLine } from '../schema/summary.ts'
import type { ReportData } from './api.ts'
import {
  count,
  eventText,
  isTested,
  noneWords,
  oddsText,
  pText,
  pValueText,
  spanText,
  tierWords,
  whenText,
} from './words.ts'

export interface WhyContext {
  readonly summary: Pick<Summary, 'attribution' | 'clocks'>
  /** Undefined for a uid that the case does not hold. */
  readonly toolCall: (uid: string) => ToolCallLine | undefined
  /** Findings that rest on this event, if known. */
  readonly findings?: readonly FindingLine[]
  /** Tests per destination, rule and episode, if known. */
  readonly groups?: ReportData['groups']
}

/** Terminal lines, free of control characters whatever the logs hold. */
export function whyText(line: AttributionLine, context: WhyContext): string[] {
  const { event } = line
  const [leader, ...rivals] = line.candidates
  const call = leader === undefined ? undefined : context.toolCall(leader.toolCall)
  return [
    row('ALARM', `${whenText(event.time)}  ${plain(eventText(event), 150)}`),
    row('', `${plain(event.file, 80)}:${event.line}; the source wrote ${plain(event.sourceTime, 60)}`),
    row('ANSWER', answerText(line)),
    ...callRows(leader, call, line.toolCall !== null),
    ...(leader?.evidence ?? [])
      .toSorted((a, b) => Math.abs(b.logOdds) - Math.abs(a.logOdds))
      .slice(0, 3)
      .map((e, i) =>
        row(i === 0 ? 'EVIDENCE' : '', `${oddsText(e.logOdds).padEnd(6)} ${plain(e.text, 140)}`),
      ),
    ...rivals.slice(0, 2).map((rival, i) => {
      const other = context.toolCall(rival.toolCall)
      const what = other === undefined ? '' : `  ${plain(`${other.name} ${other.command}`, 90)}`
      return row(i === 0 ? 'RIVALS' : '', `p ${pText(rival.p)}  ${plain(rival.toolCall, 40)}${what}`)
    }),
    row('NONE', noneText(line)),
    row('CHANCE', chanceText(line, context)),
    row('NEXT', decidingLog(line, call, context.summary)),
    ...(context.findings ?? [])
      .slice(0, 1)
      .map((f) => row('FINDING', plain(`${f.severity} ${f.finding_info.title}`, 150))),
  ]
}

function row(label: string, text: string): string {
  return `${label.padEnd(9)} ${text}`
}

function answerText(line: AttributionLine): string {
  if (line.toolCall === null) {
    const best = line.candidates[0]
    const most =
      best === undefined ? 'no recorded call comes into question' : `the best call has p ${pText(best.p)}`
    return `not attributable: ${most}, none of them ${pText(line.pNone)}`
  }
  return `${line.verdict}, p ${pText(line.p)}, tier ${tierWords[line.tier] ?? plain(line.tier)}`
}

function callRows(
  leader: AttributionLine['candidates'][number] | undefined,
  call: ToolCallLine | undefined,
  accused: boolean,
): string[] {
  if (leader === undefined) return []
  const label = accused ? 'CALL' : 'CLOSEST'
  if (call === undefined) return [row(label, plain(leader.toolCall))]
  const where = [
    call.episode === null ? undefined : `episode ${plain(call.episode, 60)}`,
    call.turn === null ? undefined : `turn ${call.turn}`,
    call.step === null ? undefined : `training step ${call.step}`,
    call.policyVersion === null ? undefined : `policy ${plain(call.policyVersion, 40)}`,
    call.reward === null ? undefined : `reward ${call.reward}`,
    call.box === null ? undefined : `box ${plain(call.box, 40)}`,
  ].filter((part) => part !== undefined)
  const window = `${whenText(call.start)}${call.end === null ? '' : ` for ${duration(call.start, call.end)}`}`
  return [
    row(label, `${plain(call.name, 40)}  ${plain(call.command, 150)}`),
    row(
      '',
      `${[...where, window].join(', ')}; ${plain(call.file, 80)}:${call.line} (${plain(call.uid, 40)})`,
    ),
  ]
}

function duration(start: string, end: string): string {
  const ms = ((parseIso(end)?.us ?? Number.NaN) - (parseIso(start)?.us ?? Number.NaN)) / 1000
  return ms >= 0 ? spanText(ms) : '?'
}

function noneText(line: AttributionLine): string {
  const parts = Object.entries(line.noneSplit)
    .filter(([, p]) => p >= 0.005)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, p]) => `${noneWords[kind] ?? plain(kind)} ${pText(p)}`)
  const split = parts.length > 0 ? `: ${parts.join(', ')}` : ''
  const other = line.pOther >= 0.005 ? `; calls not listed ${pText(line.pOther)}` : ''
  return `p ${pText(line.pNone)} that no recorded call did it${split}${other}`
}

function chanceText(line: AttributionLine, { summary, groups }: WhyContext): string {
  const { event } = line
  const target = event.name ?? event.dst
  const group = groups?.find(
    (g) => g.by === 'destination' && (g.name === target || g.name === `${target}:${event.port}`),
  )
  if (group !== undefined) {
    const verdict = group.significant ? 'more than chance' : 'chance cannot be excluded'
    return `${count(group.coincidences)} of ${count(group.events)} events at this destination fall into a call; chance alone gives ${count(group.expectedByChance)} (p-value ${pValueText(group.pValue)}: ${verdict})`
  }
  const all = summary.attribution
  if (!isTested(all)) return 'not tested: the case holds too little to shift the calls in time and compare'
  return `in the whole case ${count(all.coincidences)} of ${count(all.events)} events fall into a call; chance alone gives ${count(all.expectedByChance)}`
}

/** Which further log would settle it, the most telling first. */
export function decidingLog(
  line: AttributionLine,
  call: ToolCallLine | undefined,
  summary: Pick<Summary, 'clocks'>,
): string {
  if (line.tier === 'identity') return 'nothing more is needed: the record itself names the call'
  if (line.verdict === 'attributed' && line.tier === 'content') {
    return 'process or socket records of the box (auditd, eBPF, conntrack) would turn this into identity'
  }
  const worst = Object.entries(line.noneSplit).sort(([, a], [, b]) => b - a)[0]?.[0]
  if (line.box === null) {
    return 'which box was behind this address at that moment: a topology file (--topology) or the translation log of the NAT gateway (conntrack)'
  }
  if (summary.clocks.some((clock) => !clock.aligned))
    return 'a clock that could not be aligned: give its zone with --tz GLOB=ZONE'
  if (line.candidates.length > 1 && line.pNone < 0.5) {
    return 'DNS, proxy or TLS logs of that minute: a name would separate the calls that only time connects'
  }
  if (call !== undefined && ['episode', 'file', 'batch'].includes(call.timeSource)) {
    return `the executor's own start and end of each call: the trace gives only the time of its ${call.timeSource}`
  }
  if (worst === 'periodic-job') return 'the crontabs and timers of the host, and its process accounting'
  if (worst === 'host-daemon')
    return 'process accounting or auditd of the host: which process opened the socket'
  if (worst === 'outside') return 'the inbound flow log of the same minute'
  return 'the traces of every other agent that ran in this box at the time'
}
