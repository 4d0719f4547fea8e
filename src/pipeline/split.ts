// Where a large file may be cut so that its parts, read apart, give what the whole gives.

import { nestsDeeper } from '../base/json-depth.ts'
import type { Importer } from '../importers/api.ts'
import { wholeLineBytesMax } from '../importers/read.ts'
import { type InputFile, readChunks } from './inputs.ts'

/** `[from, to)` in bytes; `to` is undefined for a file that is read as one. */
export type Range = readonly [from: number, to: number | undefined]

/** How far a line at which a file may be cut is looked for; without one the part grows. */
const searchBytesMax = 4 * wholeLineBytesMax

/** Ranges of about `partBytes` that begin at line starts; one for what can only be read as a whole. */
export function rangesOf(
  input: InputFile,
  importer: Importer,
  compressed: boolean,
  partBytes: number,
): Range[] {
  const splittable = 'splittable' in importer && importer.splittable === true
  if (!splittable || compressed || input.bytes < 2 * partBytes) return [[0, undefined]]
  const documents = importer.shape === 'json'
  if (documents && !isWholeLine(input.absolute, 0)) return [[0, undefined]]
  const ranges: Range[] = []
  let from = 0
  let next = partBytes
  while (from < input.bytes) {
    const to = next + partBytes / 2 >= input.bytes ? input.bytes : cutAfter(input, next, documents)
    if (to !== undefined) {
      ranges.push([from, Math.min(to, input.bytes)])
      from = to
    }
    next = Math.max(next, to ?? 0) + partBytes
  }
  return ranges
}

/** The first line start after `at`; of documents, one whose line is a document. */
function cutAfter({ absolute, bytes }: InputFile, at: number, documents: boolean): number | undefined {
  for (let from = at; from < at + searchBytesMax; ) {
    const start = nextLineStart(absolute, from)
    if (!documents || start >= bytes || isWholeLine(absolute, start)) return start
    from = start
  }
  return undefined
}

/** Past the end when no line begins after `at`. */
function nextLineStart(absolute: string, at: number): number {
  let before = at
  for (const chunk of readChunks(absolute, at)) {
    const newline = chunk.indexOf(10)
    if (newline >= 0) return before + newline + 1
    before += chunk.length
  }
  return Number.MAX_SAFE_INTEGER
}

/**
 * True when the line that begins here is a JSON object for itself. Whatever stands before it is over then, so that
 * reading may begin anew.
 */
function isWholeLine(absolute: string, from: number): boolean {
  const parts: Uint8Array[] = []
  let bytes = 0
  for (const chunk of readChunks(absolute, from, from + wholeLineBytesMax)) {
    const newline = chunk.indexOf(10)
    parts.push(chunk.slice(0, newline < 0 ? chunk.length : newline))
    bytes += parts[parts.length - 1]!.length
    if (newline >= 0) break
    if (bytes >= wholeLineBytesMax) return false
  }
  if (parts[0]?.[0] !== 123) return false
  const text = Buffer.concat(parts).toString('utf8')
  try {
    JSON.parse(text)
    return !nestsDeeper(text)
  } catch {
    return false
  }
}
