// A case: everything that was read, joined, as columns.

import { type AttributionCase, callFlags } from '../attribution/api.ts'
import type { Event } from '../schema/event.ts'
import type { ToolCall } from '../schema/tool-call.ts'
import type { TopologyEntry } from '../schema/topology.ts'
import { attributionToolClasses } from './call-text.ts'
import { callAt, eventAt } from './case-items.ts'
import { type DomainTable, settleClocks, type ZoneRule } from './clock-domains.ts'
import { findEchoes } from './echoes.ts'
import { joinBoxes, joinEpisodes, joinOutcomes, numberTurns } from './joins.ts'
import type { Merged } from './merge.ts'
import { linkScripts } from './scripts.ts'

export interface Case {
  readonly merged: Merged
  readonly topology: readonly TopologyEntry[]
  readonly domains: DomainTable
  readonly callBox: Uint32Array
  /** By call: the call that it repeats from another input, or -1. */
  readonly echoOf: Int32Array
  readonly attribution: AttributionCase
  readonly notes: readonly string[]
  /** By call: what its tool itself wrote, where that was kept whole. */
  readonly writes: ReadonlyMap<number, NonNullable<ToolCall['writes']>>
  text(id: number): string
  event(i: number): Event
  call(j: number): ToolCall
  eventUid(i: number): string
  callUid(j: number): string
}

export interface CaseOptions {
  readonly zones: readonly ZoneRule[]
  readonly controls: AttributionCase['controls']
}

/** Joins what was read. Times are settled in place. */
export function buildCase(merged: Merged, options: CaseOptions): Case {
  const topology = merged.files.flatMap((file) => file.parts.flatMap((part) => part.boxes))
  // An event may come from a sandbox that no trace names.
  for (const { box } of topology) merged.texts.id(box)
  const halves = joinOutcomes(merged)
  const domains = settleClocks(merged, options.zones)
  const boxes = joinBoxes(merged, topology)
  joinEpisodes(merged, boxes.box, topology)
  const echoes = findEchoes(merged, boxes.box)
  numberTurns(merged)
  const targets = linkScripts(merged, boxes.box, halves.targets)
  for (let j = 0; j < targets.flags.length; j++)
    if (echoes.of[j]! >= 0) targets.flags[j] = targets.flags[j]! | callFlags.echo
  const notes = [...domains.notes, ...boxes.notes, ...echoes.notes]
  if (halves.lost > 0) {
    notes.push(
      `${halves.lost} result(s) belong to no recorded call: their calls are missing from the traces.`,
    )
  }
  const text = (id: number) => merged.texts.list[id]!
  const { events, calls } = merged
  const writes = new Map(
    merged.callFiles.flatMap((entry) => (entry.raw ? [[entry.call, entry.raw] as const] : [])),
  )
  // A uid is the content's hash and the record's index in it: the same whatever the path or the order of inputs.
  const shas = merged.files.map(({ contentSha }) => contentSha.slice(0, 16))
  const attribution: AttributionCase = {
    texts: merged.texts.list,
    clocks: domains.clocks,
    events: { ...events, clock: domains.eventClock },
    calls: {
      ...calls,
      clock: domains.callClock,
      box: boxes.box,
      sourceId: identityIds(merged, echoes.of),
      ...targets,
    },
    topology,
    toolClasses: attributionToolClasses,
    controls: options.controls,
  }
  merged.texts.seal()
  return {
    merged,
    topology,
    domains,
    callBox: boxes.box,
    echoOf: echoes.of,
    attribution,
    notes,
    writes,
    text,
    event: (i) => eventAt(merged, i),
    call: (j) => callAt(merged, j, writes.get(j)),
    eventUid: (i) => `e${shas[events.file[i]!]}-${i - merged.eventBase[events.file[i]!]!}`,
    callUid: (j) => `c${shas[calls.file[j]!]}-${j - merged.callBase[calls.file[j]!]!}`,
  }
}

/** Calls' own ids as text ids, only where an event names them: a million ids of no use are not interned. */
function identityIds({ events, calls, texts, sourceId }: Merged, echoOf: Int32Array): Uint32Array {
  const out = new Uint32Array(calls.n)
  if (!events.identity.some((id) => id !== 0)) return out
  for (let j = 0; j < calls.n; j++) if (echoOf[j]! < 0) out[j] = texts.find(sourceId(j))
  return out
}
