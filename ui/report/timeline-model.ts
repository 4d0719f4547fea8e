// The case as lanes, items and links.

import { graveUids } from '../../src/exporters/report-model.ts'
import { count, eventText } from '../../src/exporters/words.ts'
import type { ToolCallLine } from '../../src/schema/summary.ts'
import type { Item, Lane, Link, TimelineModel } from '../timeline/types.ts'
import type { Case } from './case.ts'
import { spanOf } from './detail.ts'
import { usOf } from './settings.ts'

/** Boxes that get a lane of their own; further ones share the last. */
const lanesMax = 120
/** A clock closer than this is not worth a second axis. */
const skewShownMs = 250

const alarmLanes: readonly Lane[] = [
  { id: 'attributed', label: 'attributed', pinned: true },
  { id: 'likely', label: 'likely', pinned: true },
  { id: 'not-attributable', label: 'no call found', pinned: true },
]

const tones = { attributed: 'cause', likely: 'likely', 'not-attributable': 'open' } as const

/** Ids of items are the uids of calls and events. What has no readable time is left out and counted. */
export function timelineModel(theCase: Case): TimelineModel & { readonly withoutTime: number } {
  const { data } = theCase
  const best = bestProbability(theCase)
  const grave = graveUids(data)
  const { lanes, laneOf } = boxLanes(data.toolCalls, grave)
  const items: Item[] = []
  const indexOf = new Map<string, number>()
  let withoutTime = 0
  for (const call of data.toolCalls) {
    const { fromUs, toUs } = spanOf(call)
    if (Number.isNaN(fromUs)) {
      withoutTime++
      continue
    }
    const p = best.get(call.uid) ?? 0
    indexOf.set(call.uid, items.length)
    items.push({
      id: call.uid,
      lane: laneOf(call),
      fromUs,
      toUs,
      label: call.command === '' ? call.name : call.command,
      tone: grave.has(call.uid) ? 'grave' : p >= 0.9 ? 'cause' : p >= 0.5 ? 'likely' : 'plain',
      shape: 'bar',
    })
  }
  const links: Link[] = []
  for (const line of data.attributions) {
    const us = usOf(line.event.time)
    if (Number.isNaN(us)) {
      withoutTime++
      continue
    }
    const to = items.length
    items.push({
      id: line.event.uid,
      lane: lanes.length + alarmLanes.findIndex((lane) => lane.id === line.verdict),
      fromUs: us,
      toUs: us,
      label: eventText(line.event),
      tone: grave.has(line.event.uid) ? 'grave' : tones[line.verdict],
      shape: line.event.rule !== null || grave.has(line.event.uid) ? 'alarm' : 'tick',
    })
    for (const { toolCall, p } of line.candidates) {
      const from = indexOf.get(toolCall)
      if (from !== undefined && p >= 0.05) links.push({ from, to, p })
    }
  }
  return {
    lanes: [...lanes, ...alarmLanes],
    items,
    links,
    clocks: data.summary.clocks
      .filter((clock) => clock.aligned && Math.abs(clock.offsetMs) >= skewShownMs)
      .toSorted((a, b) => Math.abs(b.offsetMs) - Math.abs(a.offsetMs))
      .slice(0, 12)
      .map((clock) => ({ name: clock.domain, offsetUs: clock.offsetMs * 1000 })),
    withoutTime,
  }
}

/** Each call's highest probability over the alarms it is held to have caused. */
function bestProbability({ effects }: Case): ReadonlyMap<string, number> {
  return new Map([...effects].map(([uid, list]) => [uid, Math.max(...list.map((effect) => effect.p))]))
}

/** Boxes with the most accused calls first, then the busiest. */
function boxLanes(
  calls: readonly ToolCallLine[],
  grave: ReadonlySet<string>,
): { lanes: readonly Lane[]; laneOf: (call: ToolCallLine) => number } {
  const boxes = new Map<string, { calls: number; accused: number; episodes: Set<string> }>()
  const nameOf = (call: ToolCallLine) => call.box ?? 'box not known'
  for (const call of calls) {
    const box = boxes.get(nameOf(call)) ?? { calls: 0, accused: 0, episodes: new Set<string>() }
    box.calls++
    if (grave.has(call.uid)) box.accused++
    if (call.episode !== null) box.episodes.add(call.episode)
    boxes.set(nameOf(call), box)
  }
  const ranked = [...boxes].sort(
    ([a, x], [b, y]) => y.accused - x.accused || y.calls - x.calls || (a < b ? -1 : 1),
  )
  const own = ranked.slice(0, lanesMax)
  const rest = ranked.slice(lanesMax)
  const lanes: Lane[] = own.map(([name, box]) => ({
    id: `box ${name}`,
    label: name,
    note: `${count(box.calls)} calls${box.accused > 0 ? `, ${count(box.accused)} accused` : ''}`,
  }))
  if (rest.length > 0) lanes.push({ id: 'rest', label: `${count(rest.length)} further boxes` })
  const index = new Map(own.map(([name], i) => [name, i]))
  return { lanes, laneOf: (call) => index.get(nameOf(call)) ?? own.length }
}
