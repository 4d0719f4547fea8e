// How an importer is written: one file, a descriptor before the behaviour, total on any bytes.
//
// A row of an input does exactly one of these: it becomes an event, a call, a box or an episode (`sink.event`,
// `sink.toolCall`, `sink.box`, `sink.episode`), it is refused (`sink.reject`, kept with its line), or it is
// known to carry none of those (`sink.skip`, counted by reason). The pipeline checks the sum.

import { jsonDepthMax, nestsDeeper } from '../base/json-depth.ts'
import type { Event } from '../schema/event.ts'
import type { EpisodeRecord, ToolCall, ToolOutcome } from '../schema/tool-call.ts'
import type { TopologyEntry } from '../schema/topology.ts'

export interface Sink {
  event(event: Event): void
  toolCall(call: ToolCall): void
  /** A call's end that may stand in another file than its beginning; joined by `sourceId`. */
  outcome(outcome: ToolOutcome): void
  episode(episode: EpisodeRecord): void
  box(entry: TopologyEntry): void
  /** A row this format should have held and does not. */
  reject(line: number, reason: string, text: string): void
  /** A row that is well-formed and carries no event or call; `why` is one of a few fixed phrases. */
  skip(why: string): void
}

/** What other rows of a file tell of a call. */
export type CallContext = Pick<ToolCall, 'episode' | 'run' | 'step' | 'policyVersion' | 'reward' | 'boxHints'>

/** Where `join` puts what only the whole file tells. Parts and a part's calls count from 0. */
export interface JoinSink extends Sink {
  /** Sets what is given; what is left out stays as it was handed over. */
  amend(part: number, call: number, told: CallContext): void
  /** Takes a call back: its row is one of the others after all. */
  retract(part: number, call: number): void
}

export interface JoinPart<Rest = unknown> {
  /** What the part's reader gave at its end. */
  readonly rest: Rest
  /** Lines of the file before the part. */
  readonly linesBefore: number
}

/** What is known of a file before it is read. */
export interface FileInfo {
  /** As given, relative below a folder; `/` as separator. */
  readonly path: string
  /** Last change of the file, µs; a last resort for formats without any clock. */
  readonly modifiedUs?: number
}

/** The beginning of a file, for recognition. */
export interface Head {
  readonly path: string
  /** At most 64 KiB. */
  readonly bytes: Uint8Array
  /** The same as text; broken UTF-8 replaced. */
  readonly text: string
  /** Its complete lines, at most 50, blank ones left out. */
  readonly lines: readonly string[]
  /** For a zip: the names in it (at most 1,000). */
  readonly members?: readonly string[]
}

interface ImporterBase {
  readonly id: string
  readonly name: string
  readonly family: 'network' | 'agent' | 'inventory'
  readonly documentation: string
  /** True when the content, not the name, shows this format. Must be cheap and never throw. */
  recognises(head: Head): boolean
  /** Its rows are made of several lines or items (a multi-line record, a column): it accounts for its own rows. */
  readonly ownRows?: true
}

/** Line-oriented text: the reader is handed each line without its terminator, blank lines left out. */
export interface LinesImporter extends ImporterBase {
  readonly shape: 'lines'
  /** Every line stands alone, so that a large file may be read in parts by several cores. */
  readonly splittable?: boolean
  /** But for those with this text, which belong to others up to so many lines later: no part begins between them. */
  readonly together?: { readonly text: string; readonly lines: number }
  start(sink: Sink, file: FileInfo): LineReader
}

export interface LineReader {
  line(text: string, line: number): void
  /** After the last line. `cut` = the file did not end with a newline. */
  end(cut: boolean): void
}

/**
 * One JSON document (or several, one after the other), read as a stream: only the values at `items` are ever
 * built. A path is keys joined by dots, `*` for any element or key, e.g. `steps.*`, `resourceSpans.*.resource`.
 * The paths `""` (whole document, for small files ≤ 16 MiB) and `*` (elements of a top-level array) work too, and
 * `""` with `[]` takes both objects that follow each other and a list of them.
 * Items arrive in document order.
 */
export interface JsonImporter<Rest = unknown> extends ImporterBase {
  readonly shape: 'json'
  readonly items: readonly string[]
  /** Every line is a document that stands alone whenever the first line is one: parts may be read apart. */
  readonly splittable?: boolean
  start(sink: Sink, file: FileInfo): JsonReader<Rest>
  /**
   * The last step, for formats whose rows complete each other: called once, with what all parts of the file left,
   * in its order. It gives the same whatever the parts were.
   */
  join?(parts: readonly JoinPart<Rest>[], sink: JoinSink): void
}

export interface JsonReader<Rest = unknown> {
  /**
   * A line that may be a document, before it is parsed. True when it has been read with all its items; else they
   * follow one by one. It must not act on a line that is not JSON from its beginning to its end.
   */
  wholeLine?(text: string, line: number): boolean
  /** `path` is the pattern that matched; `keys` the real keys and indexes of the value, outermost first. */
  item(path: string, value: unknown, line: number, keys: readonly (string | number)[]): void
  /** Something in the document could not be parsed; the text around it is given. Default: it is rejected. */
  broken?(line: number, reason: string, text: string): void
  /** What it returns is handed to `join`: plain data and typed arrays, because it may come from another thread. */
  end(cut: boolean): Rest
}

/** Binary records (packet captures): chunks in file order. */
export interface BytesImporter extends ImporterBase {
  readonly shape: 'bytes'
  start(sink: Sink, file: FileInfo): BytesReader
}

export interface BytesReader {
  chunk(bytes: Uint8Array): void
  end(): void
}

/** A zip of JSON documents (Inspect `.eval`): members arrive in the archive's order, each read as `JsonImporter` does. */
export interface ArchiveImporter extends ImporterBase {
  readonly shape: 'archive'
  /** Which members to read, and which items of each; undefined = not needed. */
  itemsOf(member: string): readonly string[] | undefined
  start(sink: Sink, file: FileInfo): ArchiveReader
}

export interface ArchiveReader {
  item(member: string, path: string, value: unknown, line: number, keys: readonly (string | number)[]): void
  memberEnd?(member: string): void
  broken?(member: string, line: number, reason: string, text: string): void
  end(): void
}

export type Importer = LinesImporter | JsonImporter | BytesImporter | ArchiveImporter

export function defineLinesImporter(importer: Omit<LinesImporter, 'shape'>): LinesImporter {
  return { shape: 'lines', ...importer }
}

export function defineJsonImporter<Rest = void>(
  importer: Omit<JsonImporter<Rest>, 'shape'>,
): JsonImporter<Rest> {
  return { shape: 'json', ...importer }
}

export function defineBytesImporter(importer: Omit<BytesImporter, 'shape'>): BytesImporter {
  return { shape: 'bytes', ...importer }
}

export function defineArchiveImporter(importer: Omit<ArchiveImporter, 'shape'>): ArchiveImporter {
  return { shape: 'archive', ...importer }
}

/** One JSON object a line. `row` is called with each; what is not a JSON object is rejected before it. */
export function defineJsonLinesImporter(
  importer: Omit<LinesImporter, 'shape' | 'start'> & {
    start(
      sink: Sink,
      file: FileInfo,
    ): {
      row(row: Record<string, unknown>, line: number, text: string): void
      end?(): void
    }
  },
): LinesImporter {
  return {
    ...importer,
    shape: 'lines',
    start(sink, file) {
      const reader = importer.start(sink, file)
      return {
        line(text, line) {
          if (nestsDeeper(text)) {
            sink.reject(line, `nests deeper than ${jsonDepthMax} levels`, text)
            return
          }
          let row: unknown
          try {
            row = JSON.parse(objectText(text))
          } catch (error) {
            sink.reject(line, `not JSON: ${error instanceof Error ? error.message : 'unreadable'}`, text)
            return
          }
          if (typeof row !== 'object' || row === null || Array.isArray(row)) {
            sink.reject(line, 'not a JSON object', text)
            return
          }
          reader.row(row as Record<string, unknown>, line, text)
        },
        end() {
          reader.end?.()
        },
      }
    },
  }
}

/** Longest prefix that a log daemon puts before an object. */
const prefixCharsMax = 512

/** A line without what a log daemon has put before its JSON object: `<134>Nov 24 08:00:00 fw suricata[1]: {"…`. */
export function objectText(line: string): string {
  const first = line.charCodeAt(0)
  if (first === 123 || first === 91 || first === 34) return line
  const from = line.indexOf('{"')
  return from > 0 && from <= prefixCharsMax ? line.slice(from) : line
}
