// What log shippers and container runtimes put round every record. It is taken off before the format is looked
// for, so that the importer sees the line as its program wrote it; line numbers stay those of the file.
//
//   docker   {"log":"…\n","stream":"stdout","time":"2026-11-24T08:00:00.123456789Z"}
//   cri      2026-11-24T08:00:00.123456789Z stdout F …                (containerd, CRI-O; P = goes on in the next)
//   elastic  {"@timestamp":"…","message":"…","event":{"original":"…"}}, also below `_source`     (Filebeat, Vector)
//   splunk   {"preview":false,"result":{"_raw":"…"}}, {"_raw":"…"}; to its collector {"time":…,"sourcetype":…,"event":…}
//   journal  {"MESSAGE":"…","__REALTIME_TIMESTAMP":"…"}               (journalctl -o json)
//   cloud    {"logEvents":[{"timestamp":…,"message":"…"}]}            (CloudWatch; one line may hold many records)
//            {"textPayload":"…"}, {"jsonPayload":{…}}                 (Google Cloud), {"line":"…","labels":{…}} (Loki)
//   stamp    2026-11-24T08:00:00.000Z …                               (CloudWatch, exported to S3)
//   prefix   <134>Nov 24 08:00:00 fw suricata[123]: {…}, [pod/web-1/app] {…}, service-1  | {…}

import { nestsDeeper } from '../base/json-depth.ts'
import { objectOf, type Row } from './head-rows.ts'

export const envelopeKinds = ['cri', 'json', 'stamp', 'prefix'] as const
export type EnvelopeKind = (typeof envelopeKinds)[number]

/** What one line holds: records, or the beginning of one that goes on in a later line of the same stream. */
type Opened =
  | { readonly records: readonly string[]; readonly sure?: boolean; readonly stream?: string }
  | { readonly begins: string; readonly sure?: boolean; readonly stream: string }
  | undefined

/** Longest record that is put together from parts. */
const joinedCharsMax = 16 * 1024 * 1024
const streamsMax = 64
const prefixCharsMax = 512

/** Takes one kind of envelope off a file's lines, in order. */
export class Opener {
  readonly #kind: EnvelopeKind
  /** How many lines had an envelope that nothing else looks like. */
  sure = 0
  /** Beginnings of records, by stream. */
  readonly #begun = new Map<string, string>()

  constructor(kind: EnvelopeKind) {
    this.#kind = kind
  }

  /** The records that end with this line; undefined when it has no such envelope. */
  open(line: string): readonly string[] | undefined {
    const opened = openers[this.#kind](line)
    if (!opened) return undefined
    if (opened.sure) this.sure++
    if ('begins' in opened) {
      const text = (this.#begun.get(opened.stream) ?? '') + opened.begins
      if (
        text.length > joinedCharsMax ||
        (this.#begun.size >= streamsMax && !this.#begun.has(opened.stream))
      ) {
        this.#begun.delete(opened.stream)
        return [text]
      }
      this.#begun.set(opened.stream, text)
      return []
    }
    const begun = opened.stream === undefined ? undefined : this.#begun.get(opened.stream)
    if (begun === undefined) return opened.records
    this.#begun.delete(opened.stream!)
    return [begun + opened.records.join('\n')]
  }

  /** Records that were begun and never ended. */
  rest(): readonly string[] {
    const rest = [...this.#begun.values()]
    this.#begun.clear()
    return rest
  }
}

const openers: Readonly<Record<EnvelopeKind, (line: string) => Opened>> = {
  cri: openCri,
  json: openJson,
  stamp(line) {
    const record = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z (.+)$/s.exec(line)?.[1]
    return record === undefined ? undefined : { records: [record] }
  },
  prefix(line) {
    const from = line.indexOf('{')
    if (from < 1 || from > prefixCharsMax || !line.trimEnd().endsWith('}')) return undefined
    return { records: [line.slice(from)] }
  },
}

function openCri(line: string): Opened {
  const found = /^\d{4}-\d\d-\d\dT\S{8,30} (stdout|stderr) ([FP])(?::\S{0,32})? ?/.exec(line)
  if (!found) return undefined
  const text = line.slice(found[0].length)
  const stream = found[1]!
  return found[2] === 'P' ? { begins: text, stream, sure: true } : { records: [text], stream, sure: true }
}

/** Where a record's own text stands, surest first. */
const textKeys = ['event.original', '_raw', 'message', 'MESSAGE', 'log', 'line', 'textPayload']
const objectKeys = ['message', 'log', 'jsonPayload', 'json']

function openJson(line: string): Opened {
  const row = parsed(line)
  if (!row) {
    // Firehose puts documents one after the other.
    const pieces = line.split(/(?<=\})(?=\{"messageType":)/)
    const opened = pieces.length > 1 ? pieces.map(openJson) : []
    const records = opened.flatMap((one) => (one && 'records' in one ? one.records : []))
    return records.length > 0 && opened.every((one) => one !== undefined) ? { records } : undefined
  }
  const inner = objectOf(row._source) ?? objectOf(row.result) ?? row
  if (Array.isArray(inner.logEvents)) {
    return { records: inner.logEvents.map((one) => textOf(objectOf(one)?.message ?? one)), sure: true }
  }
  const original = objectOf(inner.event)?.original
  if (typeof original === 'string' && original !== '') return { records: [original], sure: true }
  for (const key of textKeys) {
    const text = inner[key]
    if (typeof text !== 'string' || text === '') continue
    const stream = typeof inner.stream === 'string' ? inner.stream : ''
    const sure = isSure(key, inner)
    if (key === 'log' && isDockerPiece(text)) return { begins: text, stream, sure }
    return { records: [text.endsWith('\n') ? text.slice(0, -1) : text], stream, sure }
  }
  for (const key of objectKeys) {
    const record = objectOf(inner[key])
    if (record) return { records: [JSON.stringify(record)] }
  }
  const { event, sourcetype } = inner
  if (sourcetype === undefined && inner.source === undefined) return undefined
  if (typeof event !== 'string' && !objectOf(event)) return undefined
  return { records: [textOf(event)], sure: typeof sourcetype === 'string' && inner.time !== undefined }
}

/** Whether the keys beside a record's text show who wrote the envelope. */
function isSure(key: string, row: Row): boolean {
  if (key === 'log') return row.stream !== undefined && row.time !== undefined
  const has = (...keys: string[]) => keys.some((one) => row[one] !== undefined)
  if (key === 'MESSAGE') return has('__REALTIME_TIMESTAMP') && row.SYSLOG_IDENTIFIER !== 'kernel'
  if (key === 'line') return has('labels') && has('timestamp')
  if (key === 'textPayload') return has('insertId', 'logName')
  if (key === 'message') {
    return has('@timestamp', 'timestamp') && has('agent', 'ecs', '@metadata', 'input', 'source_type')
  }
  return key === '_raw'
}

/** Docker cuts lines after 16 KiB; all pieces but the last end without a newline. */
function isDockerPiece(text: string): boolean {
  if (text.endsWith('\n') || text.length < 4_096) return false
  return new TextEncoder().encode(text).length >= 16_380
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function parsed(line: string): Row | undefined {
  if (!/^\s{0,16}\{/.test(line) || nestsDeeper(line)) return undefined
  try {
    return objectOf(JSON.parse(line))
  } catch {
    return undefined
  }
}
