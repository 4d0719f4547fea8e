// Rows that came together, joined as far as they tell of each other, in columns whose texts are numbered for good.

import type { CallColumns, ClockDomain, EventColumns } from '../../attribution/api.ts'
import type { TopologyEntry } from '../../schema/topology.ts'
import { type Batch, BatchSink } from '../batch.ts'
import { buildCase, type Case, type CaseOptions } from '../case.ts'
import type { Texts } from '../grow.ts'
import { mergeFiles, type ReadFile } from '../merge.ts'
import type { Redact } from '../redact.ts'
import { hash32, type NewRows } from './file-sink.ts'
import type { FollowedFile } from './followed-file.ts'

/** Longest beginning of a command that is kept for answers. */
const commandChars = 300

export interface CallWords {
  readonly uid: string
  readonly key: string
  readonly name: string
  readonly command: string
  readonly sourceId: string
  readonly file: FollowedFile
  readonly line: number
}

/** Events and calls have running numbers of their own; those of a chunk follow each other. */
export interface Chunk {
  readonly firstEvent: number
  readonly events: EventColumns
  readonly eventFile: readonly FollowedFile[]
  /** Index of each event in its file. */
  readonly eventIndex: Uint32Array
  /** What only the rows of a longer time tell (the box of an episode, an echo) is set by the next fit. */
  readonly firstCall: number
  readonly calls: CallColumns
  readonly words: readonly CallWords[]
  /** For the detections, until they have seen its rows. */
  readonly theCase: Case
  /** The first event and call of each file, as running numbers. */
  readonly bases: ReadonlyMap<FollowedFile, { readonly event: number; readonly call: number }>
}

export interface Arrived {
  readonly file: FollowedFile
  readonly rows: NewRows
}

/** What numbers of the chunk's rows mean. */
export interface Numbers {
  readonly texts: Texts
  /** Clock of a file's sensor. */
  clock(key: string, domain: ClockDomain): number
  readonly events: number
  readonly calls: number
  /** Commands are kept without the secrets in them. */
  readonly redact: Redact
}

/**
 * Joins what has come. `files` are all that are followed: their sensors name the clocks, and their boxes and episodes
 * are what calls are joined to.
 */
export function chunkOf(
  arrived: readonly Arrived[],
  files: Iterable<FollowedFile>,
  options: CaseOptions,
  numbers: Numbers,
): Chunk {
  const rowsOf = new Map(arrived.map(({ file, rows }) => [file, rows]))
  const withCalls = arrived.some(({ rows }) => rows.batch.calls.n > 0)
  const read: ReadFile[] = []
  for (const file of files) {
    const rows = rowsOf.get(file)
    if (!rows && file.sink.clocks.length === 0 && file.sink.boxes.length === 0) continue
    read.push({
      path: file.path,
      format: file.found.importer.id,
      contentSha: file.id,
      modifiedUs: file.modifiedUs,
      parts: [background(file, withCalls), ...(rows ? [withoutContext(rows.batch)] : [])],
    })
  }
  const theCase = buildCase(mergeFiles(read), options)
  const { merged } = theCase
  const order = merged.files.map(({ contentSha }) => contentSha)
  const byId = new Map(arrived.map((one) => [one.file.id, one]))
  const number = numbering(merged.texts.list, numbers.texts)
  const clocks = merged.clocks.map(({ file, sensor, zone, side }, c) => {
    const events = merged.events.clock.indexOf(c)
    const calls = merged.calls.clock.indexOf(c)
    const domain = events >= 0 ? theCase.domains.eventClock[events] : theCase.domains.callClock[calls]
    if (domain === undefined) return 0
    return numbers.clock(`${order[file]} ${side} ${zone} ${sensor}`, theCase.domains.clocks[domain]!)
  })
  const { events, calls } = merged
  const eventFile: FollowedFile[] = []
  const eventIndex = new Uint32Array(events.n)
  const fileNumbers = new Uint32Array(events.n)
  for (let i = 0; i < events.n; i++) {
    const f = events.file[i]!
    const { file, rows } = byId.get(order[f]!)!
    eventFile.push(file)
    fileNumbers[i] = file.number
    eventIndex[i] = rows.firstEvent + i - merged.eventBase[f]!
  }
  const connection = new Uint32Array(events.n)
  for (let i = 0; i < events.n; i++) {
    if (events.connection[i] !== 0) connection[i] = Number.parseInt(hash32(merged.connection(i)), 16) || 1
  }
  const joined = theCase.attribution
  const words: CallWords[] = []
  const callFiles = new Uint32Array(calls.n)
  const sourceIds = new Uint32Array(calls.n)
  for (let j = 0; j < calls.n; j++) {
    const f = calls.file[j]!
    const { file, rows } = byId.get(order[f]!)!
    const key = rows.callKeys[j - merged.callBase[f]!]!
    callFiles[j] = file.number
    const command = numbers.redact(merged.command(j))
    const sourceId = merged.sourceId(j)
    // An id is numbered like any text: a record made outside may name the call before or after it is known.
    if (sourceId !== '') sourceIds[j] = numbers.texts.id(sourceId)
    words.push({
      uid: `c${file.id}-${key}`,
      key,
      name: theCase.text(calls.name[j]!),
      command: command.length > commandChars ? `${command.slice(0, commandChars)}…` : command,
      sourceId,
      file,
      line: calls.line[j]!,
    })
  }
  return {
    firstEvent: numbers.events,
    firstCall: numbers.calls,
    theCase,
    eventFile,
    eventIndex,
    words,
    bases: new Map(
      merged.files.flatMap(({ contentSha }, f) => {
        const one = byId.get(contentSha)
        const base = {
          event: numbers.events + merged.eventBase[f]!,
          call: numbers.calls + merged.callBase[f]!,
        }
        return one ? [[one.file, base] as const] : []
      }),
    ),
    events: {
      ...joined.events,
      srcIp: events.srcIp.map(number),
      dstIp: events.dstIp.map(number),
      natIp: events.natIp.map(number),
      name: events.name.map(number),
      rule: events.rule.map(number),
      box: events.box.map(number),
      identity: events.identity.map(number),
      answers: events.answers.map(number),
      clock: events.clock.map((c) => clocks[c]!),
      file: fileNumbers,
      connection,
    },
    calls: {
      ...joined.calls,
      box: joined.calls.box.map(number),
      episode: joined.calls.episode.map(number),
      run: joined.calls.run.map(number),
      targets: joined.calls.targets.map(number),
      clock: calls.clock.map((c) => clocks[c]!),
      sourceId: sourceIds,
      file: callFiles,
    },
  }
}

/** All boxes that are known. */
export function topologyOf(files: Iterable<FollowedFile>): TopologyEntry[] {
  const all: TopologyEntry[] = []
  for (const file of files) all.push(...file.sink.boxes)
  return all
}

/** Numbers only the texts that are asked for. */
function numbering(list: readonly string[], texts: Texts): (id: number) => number {
  const known = new Int32Array(list.length).fill(-1)
  return (id) => {
    if (known[id] === -1) known[id] = texts.id(list[id]!)
    return known[id]!
  }
}

/** What a file has told so far that is not a row: the sensors in it, its boxes, its episodes. */
function background(file: FollowedFile, withEpisodes: boolean): Batch {
  const { clocks, boxes, episodes } = file.sink
  return { ...emptyBatch(), clocks, boxes, episodes: withEpisodes ? episodes : [] }
}

function withoutContext(batch: Batch): Batch {
  return { ...batch, boxes: [], episodes: [] }
}

let empty: Batch | undefined
function emptyBatch(): Batch {
  empty ??= makeEmpty()
  return empty
}

function makeEmpty(): Batch {
  return new BatchSink(() => {}).finish()
}
