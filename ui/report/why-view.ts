// The list of alarms, and beside it the candidates and evidence of the one that is picked.

import { eventText, pText, targetText } from '../../src/exporters/words.ts'
import type { AttributionLine } from '../../src/schema/summary.ts'
import { momentText } from '../timeline/time-text.ts'
import type { Case } from './case.ts'
import { alarmDetail, callDetail } from './detail.ts'
import { h, pill, quiet } from './dom.ts'
import { currentZone, onSettings, usOf } from './settings.ts'
import { dataTable } from './table.ts'

export function mountWhy(host: HTMLElement, theCase: Case): void {
  const { attributions } = theCase.data
  if (attributions.length === 0) return
  const detail = h('aside', { class: 'panel', 'aria-live': 'polite' })
  let verdict = ''
  const select = h(
    'select',
    {
      'aria-label': 'Verdict',
      change: (event) => {
        verdict = event.target instanceof HTMLSelectElement ? event.target.value : ''
        table.refresh()
      },
    },
    [['', 'every verdict'], ['attributed'], ['likely'], ['not-attributable', 'not attributable']].map(
      ([value = '', label = value]) => h('option', { value }, label),
    ),
  )
  const show = (line: AttributionLine): void => {
    detail.replaceChildren(alarmDetail(line, theCase, go))
    detail.scrollTop = 0
  }
  const go = (uid: string): void => {
    const call = theCase.calls.get(uid)
    const line = theCase.alarms.get(uid)
    if (call) detail.replaceChildren(callDetail(call, theCase, go))
    else if (line) {
      table.pick(line)
      show(line)
    }
  }
  const table = dataTable<AttributionLine>({
    caption: 'Alarms and their most probable call',
    columns: [
      { label: 'Time', cell: (line) => momentCell(line.event.time), value: (line) => line.event.time },
      { label: 'Alarm', cell: alarmCell, value: (line) => eventText(line.event) },
      {
        label: 'Most probable call',
        cell: (line) => callCell(line, theCase),
        value: (line) => line.toolCall ?? '',
      },
      { label: 'Answer', cell: answerCell, value: (line) => line.p },
    ],
    rows: ranked(theCase),
    text: (line) => {
      const call = line.toolCall === null ? undefined : theCase.calls.get(line.toolCall)
      const { event } = line
      return [
        eventText(event),
        event.uid,
        event.file,
        event.time,
        line.verdict,
        line.box,
        line.episode,
        call?.command,
      ].join(' ')
    },
    tools: [select],
    isShown: (line) => verdict === '' || line.verdict === verdict,
    onPick(line) {
      show(line)
      // Where the detail stands below the list, it would come up out of sight.
      if (detail.offsetTop > table.element.offsetTop + 100) detail.scrollIntoView({ block: 'nearest' })
    },
    pageRows: 12,
  })
  onSettings(() => table.refresh())
  host.replaceChildren(h('div', { class: 'why' }, table.element, detail))
  const [first = attributions[0]!] = ranked(theCase)
  table.pick(first)
  show(first)
}

function severityRank(severity: string): number {
  return ['informational', 'low', 'medium', 'high', 'critical'].indexOf(severity.toLowerCase())
}

/** What the worst findings rest on first, then the surest answers, then time. */
function ranked(theCase: Case): readonly AttributionLine[] {
  const weight = ({ event }: AttributionLine) =>
    Math.max(-1, ...(theCase.findings.get(event.uid) ?? []).map((finding) => severityRank(finding.severity)))
  return theCase.data.attributions.toSorted(
    (a, b) => weight(b) - weight(a) || b.p - a.p || (a.event.time < b.event.time ? -1 : 1),
  )
}

function momentCell(iso: string): Node {
  const [date = '', clock = ''] = momentText(usOf(iso), currentZone()).split(' ')
  return h('span', { class: 'two' }, h('span', {}, clock), h('small', {}, date))
}

function alarmCell({ event }: AttributionLine): Node {
  return h(
    'span',
    { class: 'two' },
    h('span', {}, event.rule ?? event.class.replaceAll('_', ' ')),
    h(
      'small',
      {},
      `${event.disposition ?? ''} ${event.src === '' ? '?' : event.src} → ${targetText(event)}`.trim(),
    ),
  )
}

function answerCell(line: AttributionLine): Node {
  return h('span', { class: 'two' }, pill(line.verdict), h('small', {}, `p ${pText(line.p)}, ${line.tier}`))
}

function callCell(line: AttributionLine, theCase: Case): Node {
  const best = line.candidates[0]
  const call = best === undefined ? undefined : theCase.calls.get(best.toolCall)
  if (best === undefined) return quiet('none near')
  return h(
    'span',
    { class: line.toolCall === null ? 'two quiet' : 'two' },
    h('code', { class: 'clip' }, call === undefined ? best.toolCall : call.command),
    call?.episode != null &&
      h('small', {}, ` ${call.episode}${call.step === null ? '' : `, step ${call.step}`}`),
  )
}
