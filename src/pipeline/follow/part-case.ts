// A few rows of the window as a case of their own, with texts numbered anew: what the question costs depends on these
// rows alone.

import type { AttributionCase, CallColumns, EventColumns } from '../../attribution/api.ts'
import { assert } from '../../base/assert.ts'
import type { TopologyEntry } from '../../schema/topology.ts'
import { attributionToolClasses } from '../call-text.ts'
import type { CallPlace, EventPlace, Window } from './window.ts'

export interface PartCase {
  readonly input: AttributionCase
  /** Running numbers, by index in the case. */
  readonly events: readonly number[]
  readonly calls: readonly number[]
  /** Text id in the window of a text id in the case. */
  readonly textOf: readonly number[]
}

export function partCase(
  window: Window,
  eventRows: readonly number[],
  callRows: readonly number[],
  topology: readonly TopologyEntry[],
  controls: AttributionCase['controls'],
): PartCase {
  const textOf: number[] = [0]
  const own = new Map<number, number>([[0, 0]])
  const texts: string[] = ['']
  const text = (id: number): number => {
    let known = own.get(id)
    if (known === undefined) {
      known = textOf.length
      own.set(id, known)
      textOf.push(id)
      texts.push(window.texts.list[id] ?? '')
    }
    return known
  }
  // In the order in which the method wants them, which spares it a copy.
  const eventsInOrder = inOrder(eventRows, (row) => {
    const { chunk, i } = eventAt(window, row)
    return chunk.events.fromUs[i]!
  })
  const callsInOrder = inOrder(callRows, (row) => {
    const { chunk, j } = callAt(window, row)
    return chunk.calls.startUs[j]!
  })
  const events = eventColumns(window, eventsInOrder, text)
  const calls = callColumns(window, callsInOrder, text, new Set(events.identity))
  return {
    input: {
      texts,
      clocks: window.clocks,
      events,
      calls,
      topology,
      toolClasses: attributionToolClasses,
      controls,
    },
    events: eventsInOrder,
    calls: callsInOrder,
    textOf,
  }
}

function inOrder(rows: readonly number[], timeOf: (row: number) => number): number[] {
  const times = new Map(rows.map((row) => [row, timeOf(row)]))
  const us = (row: number) => {
    const time = times.get(row)!
    return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time
  }
  return [...rows].sort((a, b) => us(a) - us(b) || a - b)
}

function eventAt(window: Window, row: number): EventPlace {
  const place = window.eventPlace(row)
  assert(place, 'an event that is looked at is in the window')
  return place
}

function callAt(window: Window, row: number): CallPlace {
  const place = window.callPlace(row)
  assert(place, 'a call that is looked at is in the window')
  return place
}

type Text = (id: number) => number

function eventColumns(window: Window, rows: readonly number[], text: Text): EventColumns {
  const n = rows.length
  const f = () => new Float64Array(n)
  const u = () => new Uint32Array(n)
  const out = {
    ...{ n, fromUs: f(), spanUs: f(), endUs: f(), clock: new Uint16Array(n) },
    ...{ srcIp: u(), dstIp: u(), natIp: u(), name: u(), rule: u(), box: u(), identity: u(), connection: u() },
    ...{ srcPort: new Uint16Array(n), dstPort: new Uint16Array(n), natPort: new Uint16Array(n) },
    ...{ class: new Uint8Array(n), transport: new Uint8Array(n), flags: new Uint8Array(n) },
    ...{ bytesOut: f(), bytesIn: f(), file: u(), line: u(), answersStart: new Uint32Array(n + 1) },
  }
  const answers: number[] = []
  for (let k = 0; k < n; k++) {
    const { chunk, i } = eventAt(window, rows[k]!)
    const e = chunk.events
    out.fromUs[k] = e.fromUs[i]!
    out.spanUs[k] = e.spanUs[i]!
    out.endUs[k] = e.endUs[i]!
    out.clock[k] = e.clock[i]!
    out.srcIp[k] = text(e.srcIp[i]!)
    out.dstIp[k] = text(e.dstIp[i]!)
    out.natIp[k] = text(e.natIp[i]!)
    out.name[k] = text(e.name[i]!)
    out.rule[k] = text(e.rule[i]!)
    out.box[k] = text(e.box[i]!)
    out.identity[k] = text(e.identity[i]!)
    out.connection[k] = e.connection[i]!
    out.srcPort[k] = e.srcPort[i]!
    out.dstPort[k] = e.dstPort[i]!
    out.natPort[k] = e.natPort[i]!
    out.class[k] = e.class[i]!
    out.transport[k] = e.transport[i]!
    out.flags[k] = e.flags[i]!
    out.bytesOut[k] = e.bytesOut[i]!
    out.bytesIn[k] = e.bytesIn[i]!
    out.file[k] = e.file[i]!
    out.line[k] = e.line[i]!
    for (let a = e.answersStart[i]!; a < e.answersStart[i + 1]!; a++) answers.push(text(e.answers[a]!))
    out.answersStart[k + 1] = answers.length
  }
  return { ...out, answers: Uint32Array.from(answers) }
}

/** `named`: ids of calls that events name; no other call needs its own id. */
function callColumns(
  window: Window,
  rows: readonly number[],
  text: Text,
  named: ReadonlySet<number>,
): CallColumns {
  const n = rows.length
  const f = () => new Float64Array(n)
  const u = () => new Uint32Array(n)
  const out = {
    ...{ n, startUs: f(), endUs: f(), uncertaintyUs: f(), clock: new Uint16Array(n) },
    ...{ box: u(), episode: u(), run: u(), sourceId: u(), turn: new Int32Array(n), step: new Int32Array(n) },
    ...{ toolClass: new Uint8Array(n), flags: new Uint8Array(n), file: u(), line: u() },
    targetsStart: new Uint32Array(n + 1),
  }
  const targets: number[] = []
  const ports: number[] = []
  const vias: number[] = []
  const names = named.size > 1 || !named.has(0)
  for (let k = 0; k < n; k++) {
    const { chunk, j } = callAt(window, rows[k]!)
    const c = chunk.calls
    out.startUs[k] = c.startUs[j]!
    out.endUs[k] = c.endUs[j]!
    out.uncertaintyUs[k] = c.uncertaintyUs[j]!
    out.clock[k] = c.clock[j]!
    out.box[k] = text(c.box[j]!)
    out.episode[k] = text(c.episode[j]!)
    out.run[k] = text(c.run[j]!)
    out.sourceId[k] = names ? text(c.sourceId[j]!) : 0
    out.turn[k] = c.turn[j]!
    out.step[k] = c.step[j]!
    out.toolClass[k] = c.toolClass[j]!
    out.flags[k] = c.flags[j]!
    out.file[k] = c.file[j]!
    out.line[k] = c.line[j]!
    for (let t = c.targetsStart[j]!; t < c.targetsStart[j + 1]!; t++) {
      targets.push(text(c.targets[t]!))
      ports.push(c.targetPort[t]!)
      vias.push(c.targetVia[t]!)
    }
    out.targetsStart[k + 1] = targets.length
  }
  return {
    ...out,
    targets: Uint32Array.from(targets),
    targetPort: Uint16Array.from(ports),
    targetVia: Uint8Array.from(vias),
  }
}
