// What stands on one span about its episode (trainer step, reward, policy…) holds for all spans below it, and
// spans are written children first, anywhere in the file: so calls are completed when all of it has been read.

import { BoundedMap } from '../../../base/bounded-map.ts'
import type { EpisodeRecord } from '../../../schema/tool-call.ts'
import type { JoinPart, JoinSink } from '../../api.ts'
import { areApart, type Context, ContextTable, joinedHints, speaksOfEpisode } from './episode-context.ts'
import { type EpisodeWindow, windowAt } from './episode-windows.ts'
import { IdTable } from './id-table.ts'
import { beyondSkip, rowKinds, rowsMax, type TraceRest } from './trace-rows.ts'
import type { Draft } from './values.ts'

/** Episodes in the making; beyond it the oldest is given out as it stands. */
const episodesMax = 65_536
const ancestorsMax = 64

const repeated = 255
const severalEpisodes = 0xffff_ffff

/** Completes the calls of a file's parts by what their ancestors and traces say, and gives its episodes out. */
export function joinTraces(parts: readonly JoinPart<TraceRest>[], sink: JoinSink): void {
  const contexts = new ContextTable()
  const rows = parts.map(({ rest, linesBefore }, part) => {
    const map = rest.contexts.map((context) => contexts.add(context))
    const own = rest.columns.own.map((id) => map[id]!)
    const resources = rest.resources.map(({ context, boxHints }) => ({ context: map[context]!, boxHints }))
    return { part, linesBefore, rest, own, resources, base: 0, kind: rest.columns.kind }
  })
  let total = 0
  for (const one of rows) {
    one.base = total
    total += one.rest.n
  }
  total = Math.min(total, rowsMax)
  const keyHigh = joined(rows.map((one) => one.rest.columns.keyHigh))
  const keyLow = joined(rows.map((one) => one.rest.columns.keyLow))
  const parentHigh = joined(rows.map((one) => one.rest.columns.parentHigh))
  const parentLow = joined(rows.map((one) => one.rest.columns.parentLow))
  const ownOf = joined(rows.map((one) => one.own))
  const spans = new IdTable(total)
  const traces = new IdTable(total)
  /** By trace: what its spans say when all agree, and whether tools have spans of their own in it. */
  const said = new Uint32Array(total)
  const traced = new Uint8Array(total)
  const traceOf = new Int32Array(total).fill(-1)
  const spanOf = new Int32Array(total).fill(-1)
  // Row that first had the id of span number i.
  const rowOf = new Int32Array(total)

  for (const { rest, base, kind } of rows) {
    const { columns } = rest
    for (let i = 0, row = base; i < rest.n && row < total; i++, row++) {
      const span = spans.add(keyHigh[row]!, keyLow[row]!)
      if (span >= 0) {
        if (!spans.wasNew) {
          kind[i] = kind[i] === rowKinds.ancestor ? rowKinds.ancestor : repeated
          continue
        }
        rowOf[span] = row
        spanOf[row] = span
      }
      const trace = traces.add(columns.traceHigh[i]!, columns.traceLow[i]!)
      if (trace < 0) continue
      traceOf[row] = trace
      if (kind[i] === rowKinds.call) traced[trace] = 1
      const own = ownOf[row]!
      if (own === 0 || kind[i] === rowKinds.logged) continue
      const before = said[trace]!
      if (before === 0) said[trace] = own
      else if (before !== severalEpisodes && before !== own) {
        said[trace] = areApart(contexts.list[before]!, contexts.list[own]!)
          ? severalEpisodes
          : contexts.inherit(before, own)
      }
    }
  }

  const resolve = (row: number, resource: number): number => {
    let own = ownOf[row]!
    for (let at = row, depth = 0; depth < ancestorsMax; depth++) {
      const span = spans.find(parentHigh[at]!, parentLow[at]!)
      if (span < 0) break
      at = rowOf[span]!
      own = contexts.inheritBox(own, ownOf[at]!)
    }
    own = contexts.inherit(own, resource)
    // The box of another span of the trace may be another box: only what is the episode's is taken.
    const trace = traceOf[row]!
    const whole = trace < 0 ? 0 : said[trace]!
    return whole === severalEpisodes ? own : contexts.inherit(own, whole)
  }

  const episodes = new Episodes(sink)
  for (const { part, rest, base, own, resources, kind, linesBefore } of rows) {
    const { columns, windows } = rest
    const amendment = amendments(contexts)
    for (let i = 0, row = base; i < rest.n; i++, row++) {
      const what = kind[i]!
      if (what === rowKinds.ancestor) continue
      const first = columns.call[i]!
      const calls = columns.calls[i]!
      const window = columns.window[i]!
      if (row >= total) {
        if (what === rowKinds.window) sink.skip(beyondSkip)
        continue
      }
      if (what === repeated) {
        for (let call = first; call < first + calls; call++) sink.retract(part, call)
        sink.skip('the same span again')
        continue
      }
      const resource = resources[columns.resource[i]!] ?? { context: 0, boxHints: [] }
      const id = resolve(row, resource.context)
      const trace = traceOf[row]!
      let speaks = what === rowKinds.window
      if (what === rowKinds.asked && trace >= 0 && traced[trace] === 1) {
        for (let call = first; call < first + calls; call++) sink.retract(part, call)
        speaks = window > 0 && speaksOfEpisode(contexts.list[own[i]!]!)
        if (!speaks) sink.skip('no tool call')
      } else if (!speaks && id !== contexts.inherit(own[i]!, resource.context)) {
        const told = amendment(id, resource.boxHints)
        for (let call = first; call < first + calls; call++) sink.amend(part, call, told)
      }
      if (speaks) {
        const whole = trace < 0 ? 0 : said[trace]!
        const span = windowAt(windows, window - 1)
        episodes.merge(contexts.list[id]!, whole === severalEpisodes, resource.boxHints, {
          ...span,
          line: span.line + linesBefore,
        })
      }
    }
  }
  episodes.end()
}

/** What a context gives a call; the same object for the same question asked again. */
function amendments(contexts: ContextTable) {
  let lastId = -1
  let lastHints: readonly string[] = []
  let last = { boxHints: lastHints }
  return (id: number, hints: readonly string[]) => {
    if (id === lastId && hints === lastHints) return last
    lastId = id
    lastHints = hints
    const { episode, conversation, run, step, policyVersion, reward, boxHints } = contexts.list[id]!
    const name = episode ?? conversation
    last = {
      boxHints: joinedHints(boxHints, hints),
      ...(name !== undefined && { episode: name }),
      ...(run !== undefined && { run }),
      ...(step !== undefined && { step }),
      ...(policyVersion !== undefined && { policyVersion }),
      ...(reward !== undefined && { reward }),
    }
    return last
  }
}

class Episodes {
  readonly #sink: JoinSink
  readonly #records: BoundedMap<string, Draft<EpisodeRecord>>

  constructor(sink: JoinSink) {
    this.#sink = sink
    this.#records = new BoundedMap(episodesMax, (_, record) => sink.episode(record))
  }

  merge(own: Context, several: boolean, hints: readonly string[], window: EpisodeWindow): void {
    const named = own.episode ?? own.conversation
    const episode = named ?? window.trace
    if (episode === undefined || (named === undefined && several)) {
      // What it says has reached them.
      this.#sink.skip(episode === undefined ? 'no tool call' : 'above several episodes')
      return
    }
    const boxHints = joinedHints(own.boxHints, hints)
    let record = this.#records.get(episode)
    if (record) this.#sink.skip('joined into its episode')
    else {
      record = { episode, boxHints, line: window.line }
      this.#records.set(episode, record)
    }
    if (own.run !== undefined) record.run ??= own.run
    if (own.step !== undefined) record.step ??= own.step
    if (own.policyVersion !== undefined) record.policyVersion ??= own.policyVersion
    if (own.reward !== undefined) record.reward = own.reward // The last one is the episode's.
    if (boxHints.length > record.boxHints.length) record.boxHints = boxHints
    if (window.start && (!record.start || window.start.us < record.start.us)) record.start = window.start
    if (window.end && (!record.end || window.end.us > record.end.us)) record.end = window.end
  }

  end(): void {
    for (const record of this.#records.values()) this.#sink.episode(record)
  }
}

function joined(columns: readonly Uint32Array[]): Uint32Array {
  const [only] = columns
  if (columns.length === 1 && only) return only
  const all = new Uint32Array(columns.reduce((sum, column) => sum + column.length, 0))
  let at = 0
  for (const column of columns) {
    all.set(column, at)
    at += column.length
  }
  return all
}
