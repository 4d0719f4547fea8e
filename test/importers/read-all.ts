// Reads one input with one importer and keeps all it says.

import type { Time } from '../../src/base/time.ts'
import { toIso } from '../../src/base/time.ts'
import type { FileInfo, Importer, JsonImporter, LinesImporter, Sink } from '../../src/importers/api.ts'
import { openReader, rejectText } from '../../src/importers/read.ts'
import type { Event } from '../../src/schema/event.ts'
import type { Issue } from '../../src/schema/issue.ts'
import type { EpisodeRecord, ToolCall, ToolOutcome } from '../../src/schema/tool-call.ts'
import type { TopologyEntry } from '../../src/schema/topology.ts'
import { readZip } from './read-zip.ts'

export interface Result {
  readonly events: Event[]
  readonly toolCalls: ToolCall[]
  readonly outcomes: ToolOutcome[]
  readonly episodes: EpisodeRecord[]
  readonly boxes: TopologyEntry[]
  readonly rejects: Issue[]
  readonly skips: Record<string, number>
  /** Lines or items handed to the importer; undefined where it cuts bytes into records itself. */
  rows: number | undefined
}

/** 2026-11-24T00:00:00Z: the last change of every fixture. */
const modifiedUs = 1_795_478_400_000_000

export function readAll(importer: Importer, path: string, bytes: Uint8Array, chunkBytes = 65_536): Result {
  const result: Result = {
    events: [],
    toolCalls: [],
    outcomes: [],
    episodes: [],
    boxes: [],
    rejects: [],
    skips: {},
    rows: undefined,
  }
  const sink: Sink = {
    event: (event) => result.events.push(event),
    toolCall: (call) => result.toolCalls.push(call),
    outcome: (outcome) => result.outcomes.push(outcome),
    episode: (episode) => result.episodes.push(episode),
    box: (entry) => result.boxes.push(entry),
    reject: (line, reason, text) => result.rejects.push({ line, reason, text: rejectText(text) }),
    skip: (why) => {
      result.skips[why] = (result.skips[why] ?? 0) + 1
    },
  }
  const file: FileInfo = { path, modifiedUs }
  const counted = counting(importer, result)
  if (counted.shape === 'archive') {
    readZip(counted, sink, file, bytes, chunkBytes)
    return result
  }
  const reader = openReader(counted, sink, file)
  for (let from = 0; from < bytes.length; from += chunkBytes) {
    reader.chunk(bytes.slice(from, from + chunkBytes))
  }
  reader.end()
  return result
}

/** The same importer, its rows counted. */
function counting(importer: Importer, result: Result): Importer {
  if (importer.shape === 'lines') {
    result.rows = 0
    const counted: LinesImporter = {
      ...importer,
      start(sink, file) {
        const reader = importer.start(sink, file)
        return {
          line(text, line) {
            result.rows = (result.rows ?? 0) + 1
            reader.line(text, line)
          },
          end: (cut) => reader.end(cut),
        }
      },
    }
    return counted
  }
  if (importer.shape === 'json') {
    result.rows = 0
    const counted: JsonImporter = {
      ...importer,
      start(sink, file) {
        const reader = importer.start(sink, file)
        return {
          item(path, value, line, keys) {
            result.rows = (result.rows ?? 0) + 1
            reader.item(path, value, line, keys)
          },
          broken(line, reason, text) {
            result.rows = (result.rows ?? 0) + 1
            if (reader.broken) reader.broken(line, reason, text)
            else sink.reject(line, reason, text)
          },
          end: (cut) => reader.end(cut),
        }
      },
    }
    return counted
  }
  return importer
}

/** For people and for the kept expectation: times as text, empty lists left out. */
export function readable(result: Result): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(result)) {
    if (key === 'rows' || (Array.isArray(value) && value.length === 0)) continue
    out[key] = shortened(value)
  }
  return out
}

function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shortened)
  if (typeof value !== 'object' || value === null) return value
  if (isTime(value)) {
    return `${toIso(value.us)} +${value.spanUs} ${value.kind} ${value.zone} < ${value.source}`
  }
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, shortened(child)]))
}

function isTime(value: object): value is Time {
  return 'us' in value && 'spanUs' in value && 'zone' in value
}
