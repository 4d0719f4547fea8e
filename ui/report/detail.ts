// Everything the report knows of one alarm or one call.

import { decidingLog } from '../../src/exporters/why.ts'
import {
  chanceText,
  count,
  eventText,
  noneWords,
  oddsText,
  pText,
  spanText,
  tierWords,
} from '../../src/exporters/words.ts'
import type { AttributionLine, ToolCallLine } from '../../src/schema/summary.ts'
import type { Case } from './case.ts'
import { h, pair, pill, quiet } from './dom.ts'
import { usOf, when } from './settings.ts'

/** `go` is called with the uid of a call or alarm the reader wants to see. */
export function alarmDetail(line: AttributionLine, theCase: Case, go: (uid: string) => void): HTMLElement {
  const { event } = line
  const leader = line.candidates[0]
  return h(
    'article',
    { class: 'detail' },
    h('header', {}, pill(line.verdict), h('h3', {}, eventText(event))),
    shareBar(line),
    h('p', {}, answer(line)),
    h(
      'dl',
      {},
      pair('Time, corrected', when(event.time, 6)),
      pair('The source wrote', h('code', {}, event.sourceTime)),
      pair('Where', h('code', {}, `${event.file}:${event.line}`)),
      line.box !== null && pair('Box', h('code', {}, line.box)),
      event.disposition !== null && pair('Disposition', event.disposition),
      pair('Connected by', tierWords[line.tier] ?? line.tier),
    ),
    h('h4', {}, 'Candidates'),
    line.candidates.length === 0 && quiet('No recorded call comes into question.'),
    line.candidates.map((candidate, i) => candidateBlock(candidate, i, theCase, go)),
    h('h4', {}, 'None of the recorded calls'),
    noneList(line),
    // Where a name connects them, how often calls and alarms coincide says nothing for or against.
    line.tier === 'time' && h('h4', {}, 'What chance alone would give'),
    line.tier === 'time' && h('p', {}, chance(line, theCase)),
    h('h4', {}, 'What would decide it'),
    h('p', {}, `${decidingLog(line, leader && theCase.calls.get(leader.toolCall), theCase.data.summary)}.`),
    findingsList(theCase, event.uid),
  )
}

export function callDetail(call: ToolCallLine, theCase: Case, go: (uid: string) => void): HTMLElement {
  const effects = (theCase.effects.get(call.uid) ?? []).toSorted((a, b) => b.p - a.p)
  return h(
    'article',
    { class: 'detail' },
    h('header', {}, pill('call', 'tool call'), h('h3', {}, call.name)),
    h('pre', {}, call.command),
    h(
      'dl',
      {},
      pair('Began', when(call.start)),
      pair('Ended', call.end === null ? quiet('not recorded') : when(call.end)),
      call.uncertaintyMs > 0 &&
        pair('Uncertain by', `${spanText(call.uncertaintyMs)} either side (window from ${call.timeSource})`),
      call.box !== null && pair('Box', h('code', {}, call.box)),
      call.run !== null && pair('Run', h('code', {}, call.run)),
      call.episode !== null &&
        pair('Episode', h('code', {}, call.episode), call.turn === null ? '' : `, turn ${call.turn}`),
      call.step !== null && pair('Training step', String(call.step)),
      call.policyVersion !== null && pair('Policy', h('code', {}, call.policyVersion)),
      call.reward !== null && pair('Reward', String(call.reward)),
      call.sourceId !== null && pair('Id in its trace', h('code', {}, call.sourceId)),
      pair('Where', h('code', {}, `${call.file}:${call.line}`)),
      pair('uid', h('code', {}, call.uid)),
    ),
    h('h4', {}, `Alarms it may have caused: ${count(effects.length)}`),
    effects
      .slice(0, 30)
      .map(({ line, p }) =>
        h(
          'button',
          { type: 'button', class: 'jump', click: () => go(line.event.uid) },
          h('b', {}, `p ${pText(p)}`),
          ' ',
          eventText(line.event),
        ),
      ),
    effects.length > 30 && quiet(`and ${effects.length - 30} more`),
    findingsList(theCase, call.uid),
  )
}

function answer(line: AttributionLine): string {
  if (line.toolCall === null) {
    return `Not attributable: no call reaches one half. That none of them did it has p ${pText(line.pNone)}.`
  }
  return `${line.verdict === 'attributed' ? 'Attributed' : 'Likely'} with p ${pText(line.p)}; that none of the recorded calls did it has p ${pText(line.pNone)}.`
}

/** Candidates, others and none side by side, to scale; the words below say the same. */
function shareBar(line: AttributionLine): HTMLElement {
  const parts: readonly { share: number; kind: string; name: string }[] = [
    ...line.candidates.map((c, i) => ({
      share: c.p,
      kind: `candidate-${Math.min(i, 4)}`,
      name: `candidate ${i + 1}`,
    })),
    { share: line.pOther, kind: 'others', name: 'calls not listed' },
    ...Object.entries(line.noneSplit).map(([kind, share]) => ({
      share,
      kind: 'none',
      name: noneWords[kind] ?? kind,
    })),
  ]
  const bar = h('div', {
    class: 'share',
    role: 'img',
    'aria-label': parts
      .filter((p) => p.share >= 0.005)
      .map((p) => `${p.name} ${pText(p.share)}`)
      .join(', '),
  })
  for (const part of parts) {
    if (part.share < 0.002) continue
    const piece = h(
      'span',
      { class: part.kind, title: `${part.name}: ${pText(part.share)}` },
      part.share > 0.12 ? part.name : '',
    )
    piece.style.flexGrow = String(part.share)
    bar.append(piece)
  }
  return bar
}

function candidateBlock(
  candidate: AttributionLine['candidates'][number],
  index: number,
  theCase: Case,
  go: (uid: string) => void,
): HTMLElement {
  const call = theCase.calls.get(candidate.toolCall)
  const where =
    call === undefined
      ? ''
      : [
          call.episode === null ? '' : `episode ${call.episode}`,
          call.turn === null ? '' : `turn ${call.turn}`,
          call.step === null ? '' : `step ${call.step}`,
          call.box === null ? '' : `box ${call.box}`,
        ]
          .filter((part) => part !== '')
          .join(', ')
  const evidence = candidate.evidence.toSorted((a, b) => Math.abs(b.logOdds) - Math.abs(a.logOdds))
  return h(
    'section',
    { class: `candidate candidate-edge-${Math.min(index, 4)}` },
    h(
      'button',
      { type: 'button', class: 'jump', click: () => go(candidate.toolCall) },
      h('b', {}, `p ${pText(candidate.p)}`),
      ' ',
      call === undefined ? candidate.toolCall : call.name,
      where === '' ? '' : quiet(`  ${where}`),
    ),
    call !== undefined && h('pre', {}, call.command),
    h(
      'ul',
      { class: 'evidence' },
      evidence.map((e) =>
        h(
          'li',
          {},
          h('b', { class: e.logOdds < 0 ? 'against' : 'for' }, oddsText(e.logOdds)),
          h('span', {}, e.text),
          quiet(e.kind),
        ),
      ),
    ),
  )
}

function noneList(line: AttributionLine): HTMLElement {
  const parts = Object.entries(line.noneSplit)
    .filter(([, p]) => p >= 0.005)
    .sort(([, a], [, b]) => b - a)
  return h(
    'ul',
    { class: 'evidence' },
    h(
      'li',
      {},
      h('b', {}, pText(line.pNone)),
      h('span', {}, parts.length > 0 ? 'none of the recorded calls, of which' : 'none of the recorded calls'),
    ),
    parts.map(([kind, p]) =>
      h('li', { class: 'indented' }, h('b', {}, pText(p)), h('span', {}, noneWords[kind] ?? kind)),
    ),
    line.pOther >= 0.005 &&
      h('li', {}, h('b', {}, pText(line.pOther)), h('span', {}, 'calls beyond those listed')),
  )
}

function chance({ event }: AttributionLine, { data }: Case): string {
  const text = chanceText(event, data.summary.attribution, data.groups)
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`
}

function findingsList(theCase: Case, uid: string): Node {
  const findings = theCase.findings.get(uid) ?? []
  if (findings.length === 0) return document.createDocumentFragment()
  return h(
    'div',
    {},
    h('h4', {}, 'Findings that rest on it'),
    findings
      .slice(0, 10)
      .map((f) => h('p', {}, pill(f.severity, f.severity.toLowerCase()), ' ', f.finding_info.title)),
  )
}

/** Where on the timeline a call lies. */
export function spanOf(call: ToolCallLine): { fromUs: number; toUs: number } {
  const fromUs = usOf(call.start)
  const toUs = usOf(call.end)
  return { fromUs, toUs: Number.isNaN(toUs) ? fromUs : Math.max(fromUs, toUs) }
}
