// The answer for one alarm in about ten terminal lines: what it was, who did it and how sure that is, why we think
// so, what else it could be, and what to look at next.
//
//   ALARM     2026-11-24 03:14:07.120 UTC  blocked et-mining – 10.0.3.7 to pool.example.com:3333 (203.0.113.9)
//   ANSWER    attributed, p 0.97, to a call of box sbx-07; tier content: the call names what was reached
//   CALL      Bash  ./xmrig -o pool.example.com:3333
//   …

import { plain } from '../base/terminal.ts'
import { parseIso } from '../base/time.ts'
import type {
  AttributionLine,
  FindingLine,
  GroupTestSummary,
  Summary,
  ToolCallLine,
} from '../schema/summary.ts'
import { chanceText, eventText, noneWords, oddsText, pText, spanText, tierWords, whenText } from './words.ts'

export interface WhyContext {
  readonly summary: Pick<Summary, 'attribution' | 'clocks'>
  /** Undefined for a uid that the case does not hold. */
  readonly toolCall: (uid: string) => ToolCallLine | undefined
  /** Findings that rest on this event or on the call held responsible, if known. */
  readonly findings?: readonly FindingLine[]
  /** Tests per destination, rule and episode, if known. */
  readonly groups?: readonly GroupTestSummary[]
  /** What a command runs that cannot be read in it (encoded, behind variables), if anything. */
  readonly revealed?: (command: string) => string | undefined
  /** Columns to wrap at; a line is as long as it is when absent. */
  readonly width?: number
}

const labelWidth = 10

/** Terminal lines, free of control characters whatever the logs hold. */
export function whyText(line: AttributionLine, context: WhyContext): string[] {
  const { event } = line
  const [leader, ...rivals] = line.candidates
  const call = leader === undefined ? undefined : context.toolCall(leader.toolCall)
  const rows: [label: string, text: string][] = [
    ['ALARM', `${whenText(event.time)}  ${plain(eventText(event), 200)}`],
    ['', `${plain(event.file, 160)}:${event.line}; the source wrote ${plain(event.sourceTime, 60)}`],
    ['ANSWER', answerText(line)],
    ...callRows(leader, call, line.toolCall !== null, context.revealed),
    ...labelled(
      'EVIDENCE',
      (leader?.evidence ?? [])
        .toSorted((a, b) => Math.abs(b.logOdds) - Math.abs(a.logOdds))
        .filter((e, i) => i === 0 || oddsText(e.logOdds) !== '±0')
        .slice(0, 3)
        .map((e) => `${oddsText(e.logOdds).padEnd(6)} ${plain(e.text, 140)}`),
    ),
    ...labelled(
      'RIVALS',
      rivals.slice(0, 2).map((rival) => {
        const other = context.toolCall(rival.toolCall)
        const what = other === undefined ? '' : `  ${plain(`${other.name} ${other.command}`, 90)}`
        return `p ${pText(rival.p)}  ${plain(rival.toolCall, 40)}${what}`
      }),
    ),
    ...labelled('NONE', noneTexts(line)),
    // Where a name connects them, how often calls and alarms coincide says nothing for or against.
    ...labelled(
      'CHANCE',
      line.tier === 'time' ? [chanceText(event, context.summary.attribution, context.groups)] : [],
    ),
    ['NEXT', decidingLog(line, call, context.summary)],
    ...labelled('FINDING', findingTexts(context.findings ?? [])),
  ]
  return rows.flatMap(([label, text]) => wrapped(label.padEnd(labelWidth), text, context.width))
}

function labelled(label: string, texts: readonly string[]): [string, string][] {
  return texts.map((text, i) => [i === 0 ? label : '', text])
}

/** A long line goes on below its own text. */
function wrapped(label: string, text: string, width = Number.POSITIVE_INFINITY): string[] {
  const room = Math.max(30, width - label.length)
  const lines: string[] = []
  let rest = text
  while (rest.length > room) {
    const space = rest.lastIndexOf(' ', room)
    const at = space > room / 2 ? space : room
    lines.push(rest.slice(0, at))
    rest = rest.slice(at).trimStart()
  }
  return [...lines, rest].map((part, i) => `${i === 0 ? label : ' '.repeat(label.length)}${part}`)
}

function answerText(line: AttributionLine): string {
  if (line.toolCall !== null) {
    const box = line.box === null ? '' : ` of box ${plain(line.box, 40)}`
    return `${line.verdict}, p ${pText(line.p)}, to a call${box}; tier ${tierWords[line.tier] ?? plain(line.tier)}`
  }
  const best = line.candidates[0]
  if (line.pNone >= 0.5) {
    const kind = noneKinds(line)[0]?.[0]
    const most = kind === undefined ? '' : `, most likely ${noneWords[kind] ?? plain(kind)}`
    const closest = best === undefined ? '' : `; the closest call has p ${pText(best.p)}`
    return `no recorded call did it, p ${pText(line.pNone)}${most}${closest}`
  }
  return `not attributable: no call is likelier than not, the closest has p ${pText(best?.p ?? 0)}`
}

function callRows(
  leader: AttributionLine['candidates'][number] | undefined,
  call: ToolCallLine | undefined,
  accused: boolean,
  revealed: WhyContext['revealed'],
): [string, string][] {
  if (leader === undefined) return []
  const label = accused ? 'CALL' : 'CLOSEST'
  if (call === undefined) return [[label, plain(leader.toolCall)]]
  const where = [
    `${whenText(call.start)}${call.end === null ? '' : ` for ${duration(call.start, call.end)}`}`,
    call.box === null ? undefined : `box ${plain(call.box, 40)}`,
    call.step === null ? undefined : `training step ${call.step}`,
    call.policyVersion === null ? undefined : `policy ${plain(call.policyVersion, 40)}`,
    call.reward === null ? undefined : `reward ${call.reward}`,
    call.episode === null ? undefined : `episode ${plain(call.episode, 60)}`,
    call.turn === null ? undefined : `turn ${call.turn}`,
  ].filter((part) => part !== undefined)
  const hidden = revealed?.(call.command)
  return [
    [label, `${plain(call.name, 40)}  ${plain(call.command, hidden === undefined ? 200 : 100)}`],
    ...(hidden === undefined ? [] : ([['', `which runs  ${plain(hidden, 200)}`]] as [string, string][])),
    ['', where.join(', ')],
    ['', `${plain(call.file, 160)}:${call.line} (${plain(call.uid, 40)})`],
  ]
}

function duration(start: string, end: string): string {
  const ms = ((parseIso(end)?.us ?? Number.NaN) - (parseIso(start)?.us ?? Number.NaN)) / 1000
  return ms >= 0 ? spanText(ms) : '?'
}

/** What remains for "none of the recorded calls", most likely kind first; nothing when nothing remains. */
function noneTexts(line: AttributionLine): string[] {
  if (line.pNone < 0.005 && line.pOther < 0.005) return []
  const split = noneKinds(line)
    .map(([kind, p]) => `${noneWords[kind] ?? plain(kind)} ${pText(p)}`)
    .join(', ')
  const other = line.pOther >= 0.005 ? `; calls not listed ${pText(line.pOther)}` : ''
  return [`p ${pText(line.pNone)} that no recorded call did it${split && ': '}${split}${other}`]
}

function noneKinds(line: AttributionLine): [kind: string, p: number][] {
  return Object.entries(line.noneSplit)
    .filter(([, p]) => p >= 0.005)
    .sort(([, a], [, b]) => b - a)
}

const severityOrder = ['critical', 'high', 'medium', 'low', 'informational']

/** The worst one, and how many more. */
function findingTexts(findings: readonly FindingLine[]): string[] {
  const rank = ({ severity }: FindingLine) => severityOrder.indexOf(severity.toLowerCase())
  const worst = findings.toSorted((a, b) => rank(a) - rank(b))[0]
  if (worst === undefined) return []
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : ''
  return [`${plain(`${worst.severity.toLowerCase()}: ${worst.finding_info.title}`, 150)}${more}`]
}

/** Which further log would settle it, the most telling first. */
export function decidingLog(
  line: AttributionLine,
  call: ToolCallLine | undefined,
  summary: Pick<Summary, 'clocks'>,
): string {
  if (line.tier === 'identity') return 'nothing more is needed: the record itself names the call'
  if (line.verdict === 'attributed' && line.tier === 'content') {
    return 'process or socket records of the box (auditd, eBPF) would prove it'
  }
  const worst = Object.entries(line.noneSplit).sort(([, a], [, b]) => b - a)[0]?.[0]
  if (worst === 'outside' && line.pNone >= 0.5) {
    return 'the log of the service that was asked: what did the visitor get?'
  }
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
  return 'the traces of every other agent that ran in this box at the time'
}
