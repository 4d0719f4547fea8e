// Puts the batches of all files into one set of columns, in an order that does not depend on how they were given.

import type { Batch } from './batch.ts'
import type { CallBatch, CallFiles } from './call-rows.ts'
import type { EventBatch } from './event-rows.ts'
import { type ArrayType, sharedArray, type TextBlob, Texts, type TypedArray } from './grow.ts'
import { textIds } from './text-ids.ts'

/** What was read from one file: its parts in file order. */
export interface ReadFile {
  readonly path: string
  readonly format: string
  /** SHA-256 of the decompressed content, hex. */
  readonly contentSha: string
  readonly modifiedUs: number
  readonly parts: readonly Batch[]
}

const eventTextColumns = ['srcIp', 'dstIp', 'natIp', 'name', 'rule', 'box', 'identity', 'detail'] as const
const eventPlainColumns = [
  'fromUs',
  'spanUs',
  'endUs',
  'srcPort',
  'dstPort',
  'natPort',
  'class',
  'transport',
  'flags',
  'outcome',
  'bytesOut',
  'bytesIn',
  'line',
] as const
const callTextColumns = ['hints', 'episode', 'run', 'policyVersion', 'name'] as const
const callPlainColumns = [
  'startUs',
  'endUs',
  'uncertaintyUs',
  'step',
  'turn',
  'reward',
  'exitCode',
  'toolClass',
  'flags',
  'timeSource',
  'line',
] as const

type EventText = Record<(typeof eventTextColumns)[number], Uint32Array>
type CallText = Record<(typeof callTextColumns)[number], Uint32Array>
type Plain<B, K extends keyof B> = { [P in K]: B[P] }

export type MergedEvents = EventText &
  Plain<EventBatch, (typeof eventPlainColumns)[number]> & {
    n: number
    file: Uint32Array
    /** Index into `Merged.clocks`. */
    clock: Uint16Array
    /** The same number for the same connection; 0 where the source names none. */
    connection: Uint32Array
    answersStart: Uint32Array
    answers: Uint32Array
  }

export type MergedCalls = CallText &
  Plain<CallBatch, (typeof callPlainColumns)[number]> & {
    n: number
    file: Uint32Array
    clock: Uint16Array
    targetsStart: Uint32Array
    targets: Uint32Array
    targetPort: Uint16Array
    targetVia: Uint8Array
  }

export interface MergedClock {
  readonly file: number
  readonly sensor: string
  readonly zone: 'utc' | 'naive' | 'yearless' | 'uptime'
  readonly side: 'network' | 'agent'
}

/** What stays of a part once its columns stand in the case. */
type MergedPart = Omit<Batch, 'events' | 'calls' | 'texts' | 'files' | 'clocks'>

export interface MergedFile extends Omit<ReadFile, 'parts'> {
  readonly parts: readonly MergedPart[]
}

/** The rows of a case; all but the functions can be handed to another thread, which then reads the same memory. */
export interface CaseRows extends RowTexts {
  readonly texts: { readonly list: readonly string[] }
  readonly clocks: readonly MergedClock[]
  readonly events: MergedEvents
  readonly calls: MergedCalls
}

/** Texts of which each row has its own, part by part. */
export interface RowBlobs {
  readonly source: readonly TextBlob[]
  readonly connection: readonly TextBlob[]
  readonly command: readonly TextBlob[]
  readonly sourceId: readonly TextBlob[]
}

export interface RowTexts {
  /** What the source wrote as the time of event i. */
  sourceTime(i: number): string
  /** How the source names the connection of event i. */
  connection(i: number): string
  command(j: number): string
  sourceId(j: number): string
}

export interface Merged extends CaseRows {
  readonly files: readonly MergedFile[]
  readonly texts: Texts
  readonly blobs: RowBlobs
  readonly callFiles: readonly CallFiles[]
  /** First event and call of each file; one more entry at the end. */
  readonly eventBase: Uint32Array
  readonly callBase: Uint32Array
}

/** Files are put in the order of their content; equal content is expected once (see `investigate`). */
export function mergeFiles(read: readonly ReadFile[]): Merged {
  const files = [...read].sort((a, b) => compare(a.contentSha, b.contentSha) || compare(a.path, b.path))
  const texts = new Texts()
  const parts = files.flatMap((file, index) => file.parts.map((batch) => ({ batch, file: index })))
  const maps = parts.map(({ batch }) => Uint32Array.from(batch.texts, (text) => texts.id(text)))
  const clocks: MergedClock[] = []
  const clockIds = new Map<string, number>()
  const clockMaps = parts.map(({ batch, file }) =>
    batch.clocks.map(({ sensor, zone, side }) => {
      const key = `${file} ${side} ${zone} ${sensor}`
      let id = clockIds.get(key)
      if (id === undefined) {
        id = clocks.length
        clocks.push({ file, sensor, zone, side })
        clockIds.set(key, id)
      }
      return id
    }),
  )
  const eventParts = parts.map(({ batch }) => batch.events)
  const callParts = parts.map(({ batch }) => batch.calls)
  const blobs = {
    source: eventParts.map((part) => part.source),
    connection: eventParts.map((part) => part.connection),
    command: callParts.map((part) => part.command),
    sourceId: callParts.map((part) => part.sourceId),
  }
  const events = {
    n: total(eventParts),
    ...textColumns(eventParts, eventTextColumns, maps),
    ...plainColumns(eventParts, eventPlainColumns),
    file: fileColumn(eventParts, parts),
    clock: clockColumn(eventParts, clockMaps),
    connection: textIds(blobs.connection),
    ...lists(eventParts, 'answersEnd', 'answers', maps),
  }
  const targets = lists(callParts, 'targetsEnd', 'targets', maps)
  const calls = {
    n: total(callParts),
    ...textColumns(callParts, callTextColumns, maps),
    ...plainColumns(callParts, callPlainColumns),
    file: fileColumn(callParts, parts),
    clock: clockColumn(callParts, clockMaps),
    targetsStart: targets.answersStart,
    targets: targets.answers,
    ...plainColumns(callParts, ['targetPort', 'targetVia'] as const),
  }
  let callsBefore = 0
  const callFiles = parts.flatMap(({ batch }) => {
    const base = callsBefore
    callsBefore += batch.calls.n
    return batch.files.map((entry) => ({ ...entry, call: entry.call + base }))
  })
  return {
    files: files.map((file) => ({ ...file, parts: file.parts.map(restOf) })),
    texts,
    clocks,
    events,
    calls,
    callFiles,
    eventBase: bases(files, (batch) => batch.events.n),
    callBase: bases(files, (batch) => batch.calls.n),
    blobs,
    ...rowTexts(blobs),
  }
}

export function rowTexts({ source, connection, command, sourceId }: RowBlobs): RowTexts {
  return {
    sourceTime: textAt(source),
    connection: textAt(connection),
    command: textAt(command),
    sourceId: textAt(sourceId),
  }
}

function restOf({ boxes, episodes, outcomes, rejected, skipped }: Batch): MergedPart {
  return { boxes, episodes, outcomes, rejected, skipped }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function total(parts: readonly { n: number }[]): number {
  return parts.reduce((sum, part) => sum + part.n, 0)
}

function concatColumn<A extends TypedArray>(arrays: readonly A[]): A {
  const length = arrays.reduce((sum, array) => sum + array.length, 0)
  const out = sharedArray((arrays[0] ?? new Uint8Array()).constructor as ArrayType<A>, length)
  let at = 0
  for (const array of arrays) {
    out.set(array as never, at)
    at += array.length
  }
  return out
}

function plainColumns<B, const K extends readonly (keyof B)[]>(
  parts: readonly B[],
  names: K,
): Plain<B, K[number]> {
  const entries = names.map((name) => [name, concatColumn(parts.map((part) => part[name] as TypedArray))])
  return Object.fromEntries(entries) as Plain<B, K[number]>
}

function textColumns<B, const K extends readonly (keyof B)[]>(
  parts: readonly B[],
  names: K,
  maps: readonly Uint32Array[],
): Record<K[number], Uint32Array> {
  const entries = names.map((name) => [
    name,
    mapped(
      parts.map((part) => part[name] as Uint32Array),
      maps,
    ),
  ])
  return Object.fromEntries(entries) as Record<K[number], Uint32Array>
}

function mapped(arrays: readonly Uint32Array[], maps: readonly Uint32Array[]): Uint32Array {
  const out = sharedArray(
    Uint32Array,
    arrays.reduce((sum, array) => sum + array.length, 0),
  )
  let at = 0
  for (const [p, array] of arrays.entries()) {
    const map = maps[p]!
    for (let i = 0; i < array.length; i++) out[at++] = map[array[i]!]!
  }
  return out
}

function lists<B, E extends keyof B, V extends keyof B>(
  parts: readonly B[],
  ends: E,
  values: V,
  maps: readonly Uint32Array[],
): { answersStart: Uint32Array; answers: Uint32Array } {
  const rows = parts.reduce((sum, part) => sum + (part[ends] as Uint32Array).length, 0)
  const answersStart = sharedArray(Uint32Array, rows + 1)
  let row = 0
  let before = 0
  for (const part of parts) {
    const own = part[ends] as Uint32Array
    for (let i = 0; i < own.length; i++) answersStart[++row] = before + own[i]!
    before += (part[values] as Uint32Array).length
  }
  const answers = mapped(
    parts.map((part) => part[values] as Uint32Array),
    maps,
  )
  return { answersStart, answers }
}

function fileColumn(parts: readonly { n: number }[], owners: readonly { file: number }[]): Uint32Array {
  const out = sharedArray(Uint32Array, total(parts))
  let at = 0
  for (const [p, part] of parts.entries()) {
    out.fill(owners[p]!.file, at, at + part.n)
    at += part.n
  }
  return out
}

function clockColumn(
  parts: readonly { n: number; clock: Uint16Array }[],
  maps: readonly (readonly number[])[],
): Uint16Array {
  const out = sharedArray(Uint16Array, total(parts))
  let at = 0
  for (const [p, part] of parts.entries()) {
    const map = maps[p]!
    for (let i = 0; i < part.n; i++) out[at++] = map[part.clock[i]!]!
  }
  return out
}

function bases(files: readonly ReadFile[], count: (batch: Batch) => number): Uint32Array {
  const out = new Uint32Array(files.length + 1)
  for (const [f, file] of files.entries()) {
    out[f + 1] = out[f]! + file.parts.reduce((sum, batch) => sum + count(batch), 0)
  }
  return out
}

function textsOf({ bytes, ends }: TextBlob): (index: number) => string {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return (index) => {
    const from = index === 0 ? 0 : ends[index - 1]!
    const to = ends[index]!
    return from === to ? '' : view.toString('utf8', from, to)
  }
}

/** Reads text i of several blobs as if they were one; nothing is copied. */
function textAt(parts: readonly TextBlob[]): (i: number) => string {
  const starts = [0]
  for (const [p, part] of parts.entries()) starts.push(starts[p]! + part.ends.length)
  const texts = parts.map(textsOf)
  let last = 0
  return (i) => {
    // Reads mostly come in order: look where the last one was first.
    if (!(i >= starts[last]! && i < starts[last + 1]!)) {
      let low = 0
      let high = texts.length - 1
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if (starts[middle]! <= i) low = middle
        else high = middle - 1
      }
      last = low
    }
    return texts[last]!(i - starts[last]!)
  }
}
