// The two places where the reader looks at single alarms: the timeline and the list. They share what is picked.

import { count, eventText, pText, targetText } from '../../src/exporters/words.ts'
import type { AttributionLine } from '../../src/schema/summary.ts'
import { momentText } from '../timeline/time-text.ts'
import { createTimeline, naturalHeight } from '../timeline/timeline.ts'
import type { Item } from '../timeline/types.ts'
import type { Case } from './case.ts'
import { alarmDetail, callDetail } from './detail.ts'
import { h, pill, quiet } from './dom.ts'
import { currentZone, onSettings, usOf } from './settings.ts'
import { dataTable } from './table.ts'
import { timelineModel } from './timeline-model.ts'

export function mountTimeline(host: HTMLElement, theCase: Case): void {
  const { data } = theCase
  const model = timelineModel(theCase)
  if (model.items.length === 0) {
    host.replaceChildren(quiet('Nothing in this case has a time that can be drawn.'))
    return
  }
  const canvasHost = h('div', { class: 'timeline' })
  const detail = h('aside', { class: 'panel', 'aria-live': 'polite' })
  const describe = (item: Item): readonly string[] => {
    const line = theCase.alarms.get(item.id)
    const at = momentText(item.fromUs, currentZone())
    if (line !== undefined) {
      return [
        eventText(line.event),
        at,
        `the source wrote ${line.event.sourceTime}`,
        `${line.verdict}, p ${pText(line.p)}`,
      ]
    }
    const call = theCase.calls.get(item.id)
    const place =
      call?.episode == null ? '' : `episode ${call.episode}${call.step === null ? '' : `, step ${call.step}`}`
    return [call?.name ?? '', item.label.slice(0, 160), at, place].filter((text) => text !== '')
  }
  const show = (uid: string | undefined): void => {
    const line = uid === undefined ? undefined : theCase.alarms.get(uid)
    const call = uid === undefined ? undefined : theCase.calls.get(uid)
    const go = (next: string): void => {
      timeline.select(next)
      show(next)
    }
    if (line) detail.replaceChildren(alarmDetail(line, theCase, go))
    else if (call) detail.replaceChildren(callDetail(call, theCase, go))
    else detail.replaceChildren(help())
    detail.scrollTop = 0
  }
  const incidents = data.summary.incidents.map((incident, i) => ({ incident, label: `#${i + 1}` }))
  const clocks = h(
    'select',
    {
      change: (event) => {
        timeline.setClock(event.target instanceof HTMLSelectElement ? event.target.value : undefined)
      },
    },
    model.clocks.map((clock) => h('option', { value: clock.name }, clock.name)),
    h('option', { value: '' }, 'no second axis'),
  )
  const tools = h(
    'div',
    { class: 'tools' },
    h('button', { type: 'button', click: () => timeline.showAll() }, 'Everything'),
    incidents
      .slice(0, 12)
      .map(({ incident, label }) =>
        h('button', { type: 'button', click: () => zoomTo(incident), title: incident.title }, label),
      ),
    model.clocks.length > 0 && h('label', {}, 'Second axis ', clocks),
    model.withoutTime > 0 &&
      quiet(`${count(model.withoutTime)} records without a readable time are not drawn`),
  )
  host.replaceChildren(tools, h('div', { class: 'timeline-frame' }, canvasHost, detail))
  const height = `${Math.round(Math.max(420, Math.min(620, naturalHeight(model) + 2)))}px`
  canvasHost.style.height = height
  detail.style.setProperty('--height', height)
  const timeline = createTimeline(canvasHost, model, {
    zone: currentZone(),
    label: `Timeline of ${count(data.toolCalls.length)} tool calls and ${count(data.attributions.length)} alarms. The list of alarms below holds the same. Keys: W and S zoom, A and D or arrows move, N and P go from alarm to alarm, Home shows everything.`,
    onSelect: (item) => show(item?.id),
    describe,
  })
  onSettings(() => {
    timeline.setZone(currentZone())
    timeline.redraw()
  })
  function zoomTo(incident: { readonly firstSeen: string; readonly lastSeen: string }): void {
    timeline.show(usOf(incident.firstSeen), usOf(incident.lastSeen))
  }
  for (const button of document.querySelectorAll<HTMLElement>('[data-show-incident]')) {
    button.addEventListener('click', () => {
      const chosen = incidents[Number(button.dataset.showIncident) - 1]
      if (chosen === undefined) return
      zoomTo(chosen.incident)
      document.getElementById('timeline')?.scrollIntoView({ block: 'start' })
    })
  }
  show(undefined)
}

function help(): HTMLElement {
  const keys: readonly (readonly [string, string])[] = [
    ['W S', 'zoom'],
    ['A D, arrows', 'move'],
    ['N P', 'next, previous alarm'],
    ['Home', 'everything'],
    ['wheel', 'zoom, once clicked'],
    ['drag, pinch', 'move, zoom'],
  ]
  return h(
    'article',
    { class: 'detail' },
    h('h3', {}, 'Pick a call or an alarm'),
    h('p', {}, 'Its time, its candidates and the evidence appear here.'),
    h(
      'dl',
      { class: 'keys' },
      keys.map(([key, act]) => h('div', {}, h('dt', {}, h('kbd', {}, key)), h('dd', {}, act))),
    ),
    h(
      'ul',
      { class: 'legend' },
      h('li', {}, h('i', { class: 'swatch accused' }), 'part of a finding'),
      h('li', {}, h('i', { class: 'swatch cause' }), 'ordinary, cause known (p at least 0.9)'),
      h('li', {}, h('i', { class: 'swatch likely' }), 'ordinary, cause likely (p 0.5 to 0.9)'),
      h('li', {}, h('i', { class: 'swatch plain' }), 'call without network events'),
      h('li', {}, h('i', { class: 'swatch diamond' }), 'alarm or rule; a stroke is a plain event'),
      h('li', {}, h('i', { class: 'swatch dashed' }), 'possible cause below one half'),
    ),
  )
}

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
