// Drives any importer over a stream of chunks: the one place where bytes become lines, values or records.

import { JsonItems } from '../base/json-items.ts'
import { concat, LineSplitter } from '../base/lines.ts'
import { rejectTextChars } from '../schema/issue.ts'
import type { ToolCall } from '../schema/tool-call.ts'
import type {
  ArchiveImporter,
  ArchiveReader,
  CallContext,
  FileInfo,
  Head,
  Importer,
  JoinSink,
  Sink,
} from './api.ts'

export interface ChunkReader {
  chunk(bytes: Uint8Array): void
  /** Lines begun so far, where there are lines. */
  readonly lines?: number
  /** What `join` needs of a part. */
  end(): unknown
}

type Streamed = Exclude<Importer, ArchiveImporter>

/** A reader for one whole file. Archives need their members opened first: see `memberReader`. */
export function openReader(importer: Streamed, sink: Sink, file: FileInfo): ChunkReader {
  return joining(importer, sink, (held) => openPart(importer, held, file))
}

/** The reader that `open` gives, for a file of which it is the only part: the importer's `join` follows its end. */
export function joining(importer: Importer, sink: Sink, open: (sink: Sink) => ChunkReader): ChunkReader {
  if (!('join' in importer) || !importer.join) return open(sink)
  const held = new HeldCalls(sink)
  const reader = open(held)
  return {
    chunk: (bytes) => reader.chunk(bytes),
    end() {
      importer.join?.([{ rest: reader.end(), linesBefore: 0 }], held)
      held.release()
    },
  }
}

/**
 * A reader for one of the parts that a file was cut into at line starts. `first` = it is the file's beginning.
 * Whoever reads parts calls the importer's `join` after the last.
 */
export function openPart(importer: Streamed, sink: Sink, file: FileInfo, first = true): ChunkReader {
  switch (importer.shape) {
    case 'bytes':
      return importer.start(sink, file)
    case 'lines': {
      const reader = importer.start(sink, file)
      const splitter = new LineSplitter(
        {
          line: (text, line) => reader.line(text, line),
          tooLong: (text, line) => sink.reject(line, 'the line is too long', text),
        },
        { first },
      )
      return {
        chunk: (bytes) => splitter.chunk(bytes),
        end: () => reader.end(splitter.end()),
        get lines() {
          return splitter.count
        },
      }
    }
    case 'json': {
      const reader = importer.start(sink, file)
      return jsonReader(importer.items, {
        item: (path, value, line, keys) => reader.item(path, value, line, keys),
        wholeLine: (text, line) => reader.wholeLine?.(text, line) ?? false,
        broken: (line, reason, text) => {
          if (reader.broken) reader.broken(line, reason, text)
          else sink.reject(line, reason, text)
        },
        end: (cut) => reader.end(cut),
      })
    }
  }
}

/** Keeps a file's calls until `join` has completed them. */
class HeldCalls implements JoinSink {
  readonly #sink: Sink
  readonly #calls: (ToolCall | undefined)[] = []

  constructor(sink: Sink) {
    this.#sink = sink
  }

  event: Sink['event'] = (event) => this.#sink.event(event)
  outcome: Sink['outcome'] = (outcome) => this.#sink.outcome(outcome)
  episode: Sink['episode'] = (episode) => this.#sink.episode(episode)
  box: Sink['box'] = (entry) => this.#sink.box(entry)
  reject: Sink['reject'] = (line, reason, text) => this.#sink.reject(line, reason, text)
  skip: Sink['skip'] = (why) => this.#sink.skip(why)

  toolCall(call: ToolCall): void {
    this.#calls.push(call)
  }

  amend(_part: number, index: number, told: CallContext): void {
    const call = this.#calls[index]
    if (call) this.#calls[index] = { ...call, ...told }
  }

  retract(_part: number, index: number): void {
    this.#calls[index] = undefined
  }

  release(): void {
    for (const call of this.#calls) if (call) this.#sink.toolCall(call)
  }
}

/** A reader for one member of an archive; undefined when the importer does not want it. */
export function memberReader(
  importer: ArchiveImporter,
  reader: ArchiveReader,
  sink: Sink,
  member: string,
): ChunkReader | undefined {
  const items = importer.itemsOf(member)
  if (!items) return undefined
  return jsonReader(items, {
    item: (path, value, line, keys) => reader.item(member, path, value, line, keys),
    broken: (line, reason, text) => {
      if (reader.broken) reader.broken(member, line, reason, text)
      else sink.reject(line, `${member}: ${reason}`, text)
    },
    end: () => reader.memberEnd?.(member),
  })
}

interface JsonEnd {
  item(path: string, value: unknown, line: number, keys: readonly (string | number)[]): void
  wholeLine?(text: string, line: number): boolean
  broken(line: number, reason: string, text: string): void
  end(cut: boolean): unknown
}

/** Lines longer than this go byte by byte, so that no huge text is ever built. */
export const wholeLineBytesMax = 4 * 1024 * 1024

/**
 * Line-delimited documents are parsed a line at a time, everything else byte by byte; both give the same items.
 */
function jsonReader(paths: readonly string[], target: JsonEnd): ChunkReader {
  const items = new JsonItems(paths, target)
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let carry: Uint8Array[] = []
  let carryBytes = 0
  let wholeLines = 0
  let inLongLine = false // Its beginning went byte by byte: so does the rest.

  const feedLine = (line: Uint8Array) => {
    // `line` ends with its newline, except for the last of the file.
    if (line.length > 2 && (line[0] === 123 || (line[0] === 91 && items.idle))) {
      const text = decoder.decode(line)
      // Among documents of one line each, a line that is one ends whatever was cut off before it.
      if (!items.idle && isJson(text)) items.abandon()
      if (items.idle && target.wholeLine?.(text, items.line + 1)) {
        items.passLine()
        wholeLines++
        return
      }
      if (items.idle && items.wholeLine(text)) {
        wholeLines++
        return
      }
    }
    items.chunk(line)
  }
  const flushCarry = () => {
    if (carryBytes === 0) return
    const line = concat(carry)
    carry = []
    carryBytes = 0
    feedLine(line)
  }
  return {
    chunk(bytes) {
      let from = 0
      while (from < bytes.length) {
        const newline = bytes.indexOf(10, from)
        const to = newline < 0 ? bytes.length : newline + 1
        const part = bytes.subarray(from, to)
        from = to
        if (inLongLine || (!items.idle && carryBytes === 0 && wholeLines === 0)) {
          items.chunk(part)
          if (newline >= 0) inLongLine = false
          continue
        }
        if (newline >= 0 && carryBytes === 0) {
          feedLine(part)
          continue
        }
        carry.push(part.slice())
        carryBytes += part.length
        if (newline >= 0) flushCarry()
        else if (carryBytes > wholeLineBytesMax) {
          const line = concat(carry)
          carry = []
          carryBytes = 0
          inLongLine = true
          items.chunk(line)
        }
      }
    },
    end() {
      flushCarry()
      return target.end(items.end())
    },
    get lines() {
      return items.line
    },
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** What recognition sees of a file that begins with `bytes` (at most 64 KiB are used). */
export function headOf(path: string, bytes: Uint8Array, members?: readonly string[]): Head {
  const head = bytes.subarray(0, 65_536)
  const text = new TextDecoder('utf-8').decode(head)
  const all = text.split('\n')
  // The last piece is complete only when the file ends there.
  if (bytes.length > head.length && all.length > 1) all.pop()
  const lines = all
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
    .filter((line) => line.trim() !== '')
    .slice(0, 50)
  return members ? { path, bytes: head, text, lines, members } : { path, bytes: head, text, lines }
}

/** Cuts a refused record to what is kept of it. */
export function rejectText(text: string): string {
  return text.length > rejectTextChars ? text.slice(0, rejectTextChars) : text
}
