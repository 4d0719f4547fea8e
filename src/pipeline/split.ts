// Where a large file may be cut so that its parts, read apart, give what the whole gives.

import { nestsDeeper } from '../base/json-depth.ts'
import type { Importer } from '../importers/api.ts'
import { wholeLineBytesMax } from '../importers/read.ts'
import { type InputFile, readChunks, readStart } from './inputs.ts'

/** `[from, to)` in bytes; `to` is undefined for a file that is read as one. */
export type Range = readonly [from: number, to: number | undefined]

/** How many lines are tried as a part's first; without one the part before grows. */
const triesMax = 64
const backBytes = 1 << 20

/** Ranges of about `partBytes` that begin at line starts; one for what can only be read as a whole. */
export function rangesOf(input: InputFile, importer: Importer, whole: boolean, partBytes: number): Range[] {
  const splittable = 'splittable' in importer && importer.splittable === true
  if (!splittable || whole || input.bytes < 2 * partBytes) return [[0, undefined]]
  const mayBegin = beginnings(input, importer)
  if (!mayBegin) return [[0, undefined]]
  const ranges: Range[] = []
  let from = 0
  let next = partBytes
  while (from < input.bytes) {
    const to = next + partBytes / 2 >= input.bytes ? input.bytes : cutAfter(input, next, mayBegin)
    if (to !== undefined) {
      ranges.push([from, Math.min(to, input.bytes)])
      from = to
    }
    next = Math.max(next, to ?? 0) + partBytes
  }
  return ranges
}

/** Whether a part may begin at a line start; undefined when the file is to be read as a whole. */
function beginnings({ absolute }: InputFile, importer: Importer): ((at: number) => boolean) | undefined {
  if (importer.shape === 'json') {
    return isWholeLine(absolute, 0) ? (at) => isWholeLine(absolute, at) : undefined
  }
  const together = importer.shape === 'lines' ? importer.together : undefined
  if (!together) return () => true
  // Where such lines are common, no place between them is looked for.
  const head = Buffer.from(readStart(absolute, backBytes))
  return head.includes(together.text) ? undefined : (at) => isApart(absolute, at, together)
}

/** The first line start after `at` where a part may begin; undefined when there is none near. */
function cutAfter(
  { absolute, bytes }: InputFile,
  at: number,
  mayBegin: (at: number) => boolean,
): number | undefined {
  let from = at
  for (let tries = 0; tries < triesMax; tries++) {
    const start = nextLineStart(absolute, from)
    if (start >= bytes) return bytes
    if (mayBegin(start)) return start
    from = start
  }
  return undefined
}

/** True when no line with the text stands within so many lines before. */
function isApart(absolute: string, at: number, { text, lines }: { text: string; lines: number }): boolean {
  const from = Math.max(0, at - backBytes)
  let newlines = 0
  const before = Buffer.concat([...readChunks(absolute, from, at)].map((chunk) => chunk.slice()))
  const last = before.lastIndexOf(text)
  for (let i = before.lastIndexOf(10); i > last && newlines <= lines; i = before.lastIndexOf(10, i - 1)) {
    newlines++
    if (i === 0) break
  }
  return newlines > lines || (last < 0 && from === 0)
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
