// Rows in one order whatever order they came in, so that the same facts give the same bytes.

import type { CallColumns, EventColumns } from './api.ts'

/** Event rows by (time, file, line) and the way back: `order[k]` is the given index of canonical row k. */
export function canonicalEvents(events: EventColumns): { events: EventColumns; order: Uint32Array } {
  const order = orderBy(events.n, events.fromUs, events.file, events.line)
  if (isIdentity(order)) return { events, order }
  const { starts, values } = gatherLists(events.answersStart, events.answers, order)
  return {
    order,
    events: {
      n: events.n,
      fromUs: gather(events.fromUs, order, new Float64Array(events.n)),
      spanUs: gather(events.spanUs, order, new Float64Array(events.n)),
      endUs: gather(events.endUs, order, new Float64Array(events.n)),
      clock: gather(events.clock, order, new Uint16Array(events.n)),
      srcIp: gather(events.srcIp, order, new Uint32Array(events.n)),
      dstIp: gather(events.dstIp, order, new Uint32Array(events.n)),
      natIp: gather(events.natIp, order, new Uint32Array(events.n)),
      srcPort: gather(events.srcPort, order, new Uint16Array(events.n)),
      dstPort: gather(events.dstPort, order, new Uint16Array(events.n)),
      natPort: gather(events.natPort, order, new Uint16Array(events.n)),
      name: gather(events.name, order, new Uint32Array(events.n)),
      rule: gather(events.rule, order, new Uint32Array(events.n)),
      box: gather(events.box, order, new Uint32Array(events.n)),
      identity: gather(events.identity, order, new Uint32Array(events.n)),
      connection: gather(events.connection, order, new Uint32Array(events.n)),
      class: gather(events.class, order, new Uint8Array(events.n)),
      transport: gather(events.transport, order, new Uint8Array(events.n)),
      flags: gather(events.flags, order, new Uint8Array(events.n)),
      bytesOut: gather(events.bytesOut, order, new Float64Array(events.n)),
      bytesIn: gather(events.bytesIn, order, new Float64Array(events.n)),
      answersStart: starts,
      answers: values,
      file: gather(events.file, order, new Uint32Array(events.n)),
      line: gather(events.line, order, new Uint32Array(events.n)),
    },
  }
}

/** Call rows by (start, file, line), likewise. */
export function canonicalCalls(calls: CallColumns): { calls: CallColumns; order: Uint32Array } {
  const order = orderBy(calls.n, calls.startUs, calls.file, calls.line)
  if (isIdentity(order)) return { calls, order }
  const targets = gatherLists(calls.targetsStart, calls.targets, order)
  const ports = gatherLists(calls.targetsStart, calls.targetPort, order)
  const vias = gatherLists(calls.targetsStart, calls.targetVia, order)
  return {
    order,
    calls: {
      n: calls.n,
      startUs: gather(calls.startUs, order, new Float64Array(calls.n)),
      endUs: gather(calls.endUs, order, new Float64Array(calls.n)),
      uncertaintyUs: gather(calls.uncertaintyUs, order, new Float64Array(calls.n)),
      clock: gather(calls.clock, order, new Uint16Array(calls.n)),
      box: gather(calls.box, order, new Uint32Array(calls.n)),
      episode: gather(calls.episode, order, new Uint32Array(calls.n)),
      run: gather(calls.run, order, new Uint32Array(calls.n)),
      sourceId: gather(calls.sourceId, order, new Uint32Array(calls.n)),
      turn: gather(calls.turn, order, new Int32Array(calls.n)),
      step: gather(calls.step, order, new Int32Array(calls.n)),
      toolClass: gather(calls.toolClass, order, new Uint8Array(calls.n)),
      flags: gather(calls.flags, order, new Uint8Array(calls.n)),
      targetsStart: targets.starts,
      targets: targets.values,
      targetPort: Uint16Array.from(ports.values),
      targetVia: Uint8Array.from(vias.values),
      file: gather(calls.file, order, new Uint32Array(calls.n)),
      line: gather(calls.line, order, new Uint32Array(calls.n)),
    },
  }
}

/** Indices of `n` rows by `time`, then file and line; rows without a finite time come last. */
function orderBy(n: number, time: Float64Array, file: Uint32Array, line: Uint32Array): Uint32Array {
  const order = new Uint32Array(n)
  let sorted = true
  const compare = (a: number, b: number) =>
    compareTimes(time[a]!, time[b]!) || file[a]! - file[b]! || line[a]! - line[b]! || a - b
  for (let i = 0; i < n; i++) {
    order[i] = i
    if (i > 0 && sorted && compare(i - 1, i) > 0) sorted = false
  }
  return sorted ? order : order.sort(compare)
}

function compareTimes(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  if (a === b) return 0
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}

function isIdentity(order: Uint32Array): boolean {
  for (let i = 0; i < order.length; i++) if (order[i] !== i) return false
  return true
}

function gather<T extends { [k: number]: number }>(from: T, order: Uint32Array, into: T): T {
  for (let k = 0; k < order.length; k++) into[k] = from[order[k]!]!
  return into
}

function gatherLists(
  starts: Uint32Array,
  values: { readonly [k: number]: number },
  order: Uint32Array,
): { starts: Uint32Array; values: Uint32Array } {
  const newStarts = new Uint32Array(order.length + 1)
  for (let k = 0; k < order.length; k++) {
    newStarts[k + 1] = newStarts[k]! + starts[order[k]! + 1]! - starts[order[k]!]!
  }
  const newValues = new Uint32Array(newStarts[order.length]!)
  for (let k = 0; k < order.length; k++) {
    let at = newStarts[k]!
    for (let v = starts[order[k]!]!; v < starts[order[k]! + 1]!; v++) newValues[at++] = values[v]!
  }
  return { starts: newStarts, values: newValues }
}
