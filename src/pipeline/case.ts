// A case: everything that was read, joined, as columns; and single events and calls as plain objects again.

import { type AttributionCase, callFlags, eventFlags } from '../attribution/api.ts'
import { type Endpoint, type Event, eventClasses } from '../schema/event.ts'
import type { ToolCall } from '../schema/tool-call.ts'
import type { TopologyEntry } from '../schema/topology.ts'
import { allowedFlag, type EventDetail, listSeparator, outcomes, timeSources, transports } from './batch.ts'
import { attributionToolClasses } from './call-text.ts'
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
  const raw = new Map(
    merged.callFiles.flatMap((entry) => (entry.raw ? [[entry.call, entry.raw] as const] : [])),
  )
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
  return {
    merged,
    topology,
    domains,
    callBox: boxes.box,
    echoOf: echoes.of,
    attribution,
    notes,
    text,
    event: (i) => eventAt(merged, i),
    call: (j) => callAt(merged, j, raw.get(j)),
    eventUid: (i) =>
      uid('e', merged.files[events.file[i]!]!.contentSha, i - merged.eventBase[events.file[i]!]!),
    callUid: (j) => uid('c', merged.files[calls.file[j]!]!.contentSha, j - merged.callBase[calls.file[j]!]!),
  }
}

/** The content's hash and the record's index in it: the same whatever the path or the order of inputs. */
function uid(prefix: string, sha: string, index: number): string {
  return `${prefix}${sha.slice(0, 16)}-${index}`
}

/** Calls' own ids as text ids, only where an event names them: a million ids of no use are not interned. */
function identityIds({ events, calls, texts, sourceId }: Merged, echoOf: Int32Array): Uint32Array {
  const out = new Uint32Array(calls.n)
  if (!events.identity.some((id) => id !== 0)) return out
  for (let j = 0; j < calls.n; j++) if (echoOf[j]! < 0) out[j] = texts.find(sourceId(j))
  return out
}

function eventAt(merged: Merged, i: number): Event {
  const { events } = merged
  const text = (id: number | undefined) => merged.texts.list[id!]!
  const detailText = text(events.detail[i])
  const detail: EventDetail = detailText === '' ? {} : parseDetail(detailText)
  const flags = events.flags[i]!
  const transport = transports[events.transport[i]!]
  const outcome = outcomes[events.outcome[i]!]
  const name = text(events.name[i])
  const clock = merged.clocks[events.clock[i]!]!
  const endUs = events.endUs[i]!
  const eventClass = eventClasses[events.class[i]!]!
  const answers = Array.from(
    events.answers.subarray(events.answersStart[i], events.answersStart[i + 1]),
    text,
  )
  const kind = flags & eventFlags.ingestTime ? 'ingest' : 'event'
  const rule = text(events.rule[i])
  const connection = text(events.connection[i])
  const box = text(events.box[i])
  return {
    class: eventClass,
    time: {
      us: events.fromUs[i]!,
      spanUs: events.spanUs[i]!,
      kind,
      zone: clock.zone,
      source: merged.sourceTime(i),
    },
    ...(Number.isNaN(endUs)
      ? {}
      : { endTime: { us: endUs, spanUs: 1, kind: 'event', zone: clock.zone, source: '' } }),
    ...(clock.sensor === '' ? {} : { sensor: clock.sensor }),
    srcEndpoint: endpoint(text(events.srcIp[i]), events.srcPort[i]!, detail.srcHost),
    dstEndpoint: endpoint(text(events.dstIp[i]), events.dstPort[i]!, detail.dstHost),
    ...(events.natIp[i]
      ? { natEndpoint: endpoint(text(events.natIp[i]), events.natPort[i]!, undefined) }
      : {}),
    ...(transport ? { transport } : {}),
    ...(flags & eventFlags.blocked
      ? { disposition: 'blocked' }
      : flags & allowedFlag
        ? { disposition: 'allowed' }
        : {}),
    ...(rule !== '' || detail.reason !== undefined
      ? {
          policy: {
            ...(rule === '' ? {} : { rule }),
            ...(detail.reason === undefined ? {} : { reason: detail.reason }),
          },
        }
      : {}),
    ...(outcome ? { outcome } : {}),
    ...number('bytesOut', events.bytesOut[i]!),
    ...number('bytesIn', events.bytesIn[i]!),
    ...(connection === '' ? {} : { connection }),
    ...(box === '' ? {} : { box }),
    ...pick(detail),
    ...(eventClass === 'dns_activity'
      ? {
          dns: {
            query: { hostname: name, ...(detail.dnsType === undefined ? {} : { type: detail.dnsType }) },
            answers,
            ...(detail.rcode === undefined ? {} : { rcode: detail.rcode }),
          },
        }
      : {}),
    line: events.line[i]!,
  }
}

function endpoint(ip: string, port: number, hostname: string | undefined): Endpoint {
  return { ip, ...(port === 0 ? {} : { port }), ...(hostname === undefined ? {} : { hostname }) }
}

function number<K extends 'bytesOut' | 'bytesIn'>(key: K, value: number): { [P in K]?: number } {
  return (Number.isNaN(value) ? {} : { [key]: value }) as { [P in K]?: number }
}

/** Details were written by `batch.ts` as JSON of an `EventDetail`; few differ, so they are kept parsed. */
const parsed = new Map<string, EventDetail>()
function parseDetail(text: string): EventDetail {
  let detail = parsed.get(text)
  if (!detail) {
    detail = JSON.parse(text) as EventDetail
    if (parsed.size > 10_000) parsed.clear()
    parsed.set(text, detail)
  }
  return detail
}

function pick(detail: EventDetail): Partial<Event> {
  const { alert, http, ssh, mining, bursts, api, process, observed } = detail
  return {
    ...(alert ? { alert } : {}),
    ...(http ? { http } : {}),
    ...(ssh ? { ssh } : {}),
    ...(mining ? { mining } : {}),
    ...(bursts ? { bursts } : {}),
    ...(api ? { api } : {}),
    ...(process ? { process } : {}),
    ...(observed ? { observed } : {}),
  }
}

function callAt(merged: Merged, j: number, writes: ToolCall['writes']): ToolCall {
  const { calls } = merged
  const text = (id: number | undefined) => merged.texts.list[id!]!
  const { zone } = merged.clocks[calls.clock[j]!]!
  const endUs = calls.endUs[j]!
  const step = calls.step[j]!
  const turn = calls.turn[j]!
  const reward = calls.reward[j]!
  const optional = (key: 'episode' | 'run' | 'policyVersion') => {
    const value = text(calls[key][j])
    return value === '' ? {} : { [key]: value }
  }
  const sourceId = merged.sourceId(j)
  const hints = text(calls.hints[j])
  return {
    ...(sourceId === '' ? {} : { sourceId }),
    ...optional('run'),
    ...optional('episode'),
    ...optional('policyVersion'),
    ...(turn < 0 ? {} : { turn }),
    ...(step < 0 ? {} : { step }),
    ...(Number.isNaN(reward) ? {} : { reward }),
    name: text(calls.name[j]),
    command: merged.command(j),
    start: { us: calls.startUs[j]!, spanUs: 1, kind: 'event', zone, source: '' },
    ...(Number.isNaN(endUs) ? {} : { end: { us: endUs, spanUs: 1, kind: 'event', zone, source: '' } }),
    uncertaintyMs: calls.uncertaintyUs[j]! / 1000,
    timeSource: timeSources[calls.timeSource[j]!]!,
    boxHints: hints === '' ? [] : hints.split(listSeparator),
    ...(writes ? { writes } : {}),
    line: calls.line[j]!,
  }
}
