// The timeline with its tools, what is picked on it, and the same as a table.

import { count, eventText, pText } from '../../src/exporters/words.ts'
import { memorySource } from '../timeline/memory-source.ts'
import { momentText } from '../timeline/time-text.ts'
import { createTimeline, naturalHeight } from '../timeline/timeline.ts'
import type { Item } from '../timeline/types.ts'
import type { Case } from './case.ts'
import { alarmDetail, callDetail } from './detail.ts'
import { h, quiet } from './dom.ts'
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
  host.replaceChildren(
    tools,
    h('div', { class: 'timeline-frame' }, canvasHost, detail),
    asTable(model.items, theCase, (id) => {
      timeline.select(id)
      show(id)
    }),
  )
  const source = memorySource(model)
  const height = `${Math.round(Math.max(420, Math.min(620, naturalHeight(source) + 2)))}px`
  canvasHost.style.height = height
  detail.style.setProperty('--height', height)
  const timeline = createTimeline(canvasHost, source, {
    zone: currentZone(),
    label: `Timeline of ${count(data.toolCalls.length)} tool calls and ${count(data.attributions.length)} alarms. The list of alarms below holds the same. Keys: W and S zoom, A and D or arrows move, N and P go from alarm to alarm, Alt with an arrow from item to item and lane to lane, Home shows everything.`,
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

/** The timeline for who cannot see it: the same items in order of time, made when it is opened. */
function asTable(items: readonly Item[], theCase: Case, go: (id: string) => void): HTMLElement {
  const body = h('div')
  const details = h('details', {}, h('summary', {}, 'The same as a table'), body)
  details.addEventListener('toggle', () => {
    if (!details.open || body.hasChildNodes()) return
    const laneOf = (item: Item) => theCase.calls.get(item.id)?.box ?? (item.shape === 'bar' ? '' : 'network')
    const table = dataTable<Item>({
      caption: 'Tool calls and events in order of time',
      columns: [
        {
          label: 'Time',
          cell: (item) => momentText(item.fromUs, currentZone()),
          value: (item) => item.fromUs,
        },
        { label: 'Where', cell: laneOf, value: laneOf },
        {
          label: 'What',
          cell: (item) => h('span', { class: 'clip' }, item.label.slice(0, 200)),
          value: (item) => item.label,
        },
        { label: 'Kind', cell: (item) => kindWords[item.tone], value: (item) => item.tone },
      ],
      rows: items.toSorted((a, b) => a.fromUs - b.fromUs),
      text: (item) => `${laneOf(item)} ${item.label}`,
      onPick: (item) => go(item.id),
    })
    body.replaceChildren(table.element)
    onSettings(() => table.refresh())
  })
  return details
}

const kindWords: Readonly<Record<Item['tone'], string>> = {
  grave: 'part of a finding',
  cause: 'cause known',
  likely: 'cause likely',
  plain: 'call without network events',
  open: 'no call found',
}

function help(): HTMLElement {
  const keys: readonly (readonly [string, string])[] = [
    ['W S', 'zoom'],
    ['A D, arrows', 'move'],
    ['N P', 'next, previous alarm'],
    ['Alt and arrows', 'item to item'],
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
