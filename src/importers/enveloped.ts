// Recognises and reads files whose records stand in the envelopes of `envelopes.ts`, also in two of them.

import { LineSplitter } from '../base/lines.ts'
import type { ArchiveImporter, BytesImporter, FileInfo, Head, Importer, Sink } from './api.ts'
import { type EnvelopeKind, envelopeKinds, Opener } from './envelopes.ts'
import { type ChunkReader, headOf, openPart } from './read.ts'

type Inner = Exclude<Importer, ArchiveImporter | BytesImporter>

export interface Found {
  readonly importer: Importer
  readonly envelopes: readonly EnvelopeKind[]
}

export interface Enveloped {
  readonly importer: Inner
  /** Outermost first. */
  readonly envelopes: readonly EnvelopeKind[]
}

const depthMax = 2
/** Recognition goes by the first records; this much text of them is enough. */
const headCharsMax = 65_536

/**
 * The importer of a file, and the envelopes its records stand in. Envelopes that nothing else looks like are taken
 * off first, because an importer that is content with a few words finds them inside too; the others last.
 */
export function recognise(head: Head, importers: readonly Importer[]): Found | undefined {
  const inside = recogniseInside(head, importers, true, depthMax)
  if (inside) return inside
  const importer = importers.find(
    (one) => (one.shape === 'archive') === (head.members !== undefined) && recognises(one, head),
  )
  if (importer) return { importer, envelopes: [] }
  return head.members ? undefined : recogniseInside(head, importers, false, depthMax)
}

function recogniseInside(
  head: Head,
  importers: readonly Importer[],
  sure: boolean,
  depth: number,
): Enveloped | undefined {
  if (depth === 0) return undefined
  for (const kind of envelopeKinds) {
    const inner = openHead(head, kind, sure)
    if (!inner) continue
    const deeper = recogniseInside(inner, importers, true, depth - 1)
    if (deeper) return { importer: deeper.importer, envelopes: [kind, ...deeper.envelopes] }
    const importer = importers.find((one): one is Inner => isInner(one) && recognises(one, inner))
    if (importer) return { importer, envelopes: [kind] }
    const other = recogniseInside(inner, importers, false, depth - 1)
    if (other) return { importer: other.importer, envelopes: [kind, ...other.envelopes] }
  }
  return undefined
}

function isInner(importer: Importer): importer is Inner {
  return importer.shape === 'lines' || importer.shape === 'json'
}

function recognises(importer: Importer, head: Head): boolean {
  try {
    return importer.recognises(head)
  } catch {
    return false
  }
}

/** The head of what is in the envelopes; undefined when fewer than half of the lines have one. */
function openHead(head: Head, kind: EnvelopeKind, sure: boolean): Head | undefined {
  const opener = new Opener(kind)
  const records: string[] = []
  let opened = 0
  for (const line of head.lines) {
    const found = opener.open(line)
    if (!found) continue
    opened++
    records.push(...found)
  }
  records.push(...opener.rest())
  if (kind === 'json' && head.lines.length === 1 && records.length === 0) {
    // One line that is longer than the head: its first records can be read all the same.
    for (const [, text] of head.text.matchAll(/"(?:message|_raw|log)"\s*:\s*("(?:[^"\\]|\\.){1,16384}")/g)) {
      records.push(unquoted(text!))
    }
    if (records.length > 0 && !sure) opened = 1
  }
  if ((sure ? opener.sure : opened) * 2 < head.lines.length || records.length === 0) return undefined
  const text = records.map(oneLine).join('\n').slice(0, headCharsMax)
  return headOf(head.path, new TextEncoder().encode(`${text}\n`))
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    return ''
  }
}

/** JSON over several lines means the same on one. */
function oneLine(record: string): string {
  const first = record.charCodeAt(0)
  return first === 123 || first === 91 ? record.replaceAll(/[\r\n]+/g, ' ') : record
}

/**
 * Reads a whole file of enveloped records. What has no envelope is handed on as it stands, so that the importer
 * accounts for it; lines keep their numbers.
 */
export function openEnveloped({ importer, envelopes }: Enveloped, sink: Sink, file: FileInfo): ChunkReader {
  const openers = envelopes.map((kind) => new Opener(kind))
  const inner =
    importer.shape === 'lines' ? innerLines(importer, sink, file) : innerJson(importer, sink, file)
  let last = 0
  const opened = (texts: readonly string[], from: number): readonly string[] => {
    let records = texts
    for (const opener of openers.slice(from)) records = records.flatMap((text) => opener.open(text) ?? [text])
    return records
  }
  const splitter = new LineSplitter({
    line(text, line) {
      last = line
      const records = opened([text], 0)
      if (records.length === 0) sink.skip('no record ends here')
      inner.records(records.map(oneLine), line)
    },
    tooLong: (text, line) => sink.reject(line, 'the line is too long', text),
  })
  return {
    chunk: (bytes) => splitter.chunk(bytes),
    end() {
      const cut = splitter.end()
      for (const [i, opener] of openers.entries()) {
        const rest = opened(opener.rest(), i + 1)
        if (rest.length > 0) inner.records(rest.map(oneLine), last)
      }
      return inner.end(cut)
    },
  }
}

interface InnerReader {
  records(records: readonly string[], line: number): void
  end(cut: boolean): unknown
}

function innerLines(importer: Extract<Inner, { shape: 'lines' }>, sink: Sink, file: FileInfo): InnerReader {
  const reader = importer.start(sink, file)
  return {
    records(records, line) {
      for (const record of records) {
        for (const text of record.split('\n')) {
          const bare = text.endsWith('\r') ? text.slice(0, -1) : text
          if (bare.trim() === '') sink.skip('a blank line')
          else reader.line(bare, line)
        }
      }
    },
    end: (cut) => reader.end(cut),
  }
}

function innerJson(importer: Extract<Inner, { shape: 'json' }>, sink: Sink, file: FileInfo): InnerReader {
  const reader = openPart(importer, sink, file)
  const encoder = new TextEncoder()
  let line = 1
  return {
    records(records, at) {
      // As many newlines as the file has; several records of a line follow each other on it.
      const gap = '\n'.repeat(Math.max(0, at - line))
      line = Math.max(line, at)
      reader.chunk(encoder.encode(`${gap}${records.join(' ')}`))
    },
    end(cut) {
      if (!cut) reader.chunk(encoder.encode('\n'))
      return reader.end()
    },
  }
}
