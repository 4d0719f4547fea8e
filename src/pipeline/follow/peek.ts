// Transcripts tell of a call when it begins and when it ends; importers give it out when they have both. Whoever follows
// a transcript wants to know of a call while it runs: its last lines are read by a second reader, which is made to end.

import type { FileInfo, LinesImporter, Sink } from '../../importers/api.ts'
import type { FileSink } from './file-sink.ts'

/** How much of a file's end is looked at again, and of its beginning, where sessions introduce themselves. */
const tailBytes = 192 * 1024
const headBytes = 16 * 1024

export interface PeekSource {
  /** Complete lines: bytes [0, offset) of the file, so many in number. */
  readonly offset: number
  readonly lines: number
  read(from: number, to: number): Uint8Array
}

/** Tells the sink of calls that have begun and not ended. */
export function peekOpenCalls(
  importer: LinesImporter,
  source: PeekSource,
  sink: FileSink,
  file: FileInfo,
): void {
  const reader = importer.start(onlyCalls(sink), file)
  const feed = (lines: readonly string[], first: number) => {
    lines.forEach((text, k) => {
      const bare = text.endsWith('\r') ? text.slice(0, -1) : text
      if (bare.trim() !== '') reader.line(bare, first + k)
    })
  }
  const tailFrom = Math.max(0, source.offset - tailBytes)
  const tail = linesOf(source.read(tailFrom, source.offset))
  // The first piece is the rest of a line, unless the file begins there.
  if (tailFrom > 0) {
    tail.shift()
    const head = linesOf(source.read(0, Math.min(headBytes, tailFrom)))
    head.pop()
    feed(head, 1)
  }
  feed(tail, source.lines - tail.length + 1)
  reader.end(false)
}

/** Lines of a text that ends with a newline, or its pieces. */
function linesOf(bytes: Uint8Array): string[] {
  const lines = new TextDecoder('utf-8').decode(bytes).split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function onlyCalls(sink: FileSink): Sink {
  const nothing = () => {}
  return {
    event: nothing,
    toolCall: (call) => sink.openCall(call),
    outcome: nothing,
    episode: nothing,
    box: nothing,
    reject: nothing,
    skip: nothing,
  }
}
