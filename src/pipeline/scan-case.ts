// Finds lines of a case's files by a text they hold, without parsing the others and without holding up whoever else waits.

import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { AttributionLine, FindingLine, IncidentSummary, ToolCallLine } from '../schema/summary.ts'
import { caseShapes } from './case-shapes.ts'

const chunkBytes = 4 * 1024 * 1024
/** A longer line is passed over. */
const lineBytesMax = 64 * 1024 * 1024
const newline = 10

interface Files {
  'attributions.jsonl': AttributionLine
  'findings.jsonl': FindingLine
  'toolcalls.jsonl': ToolCallLine
  'incidents.jsonl': IncidentSummary
}

/**
 * Lines that hold one of the texts (few: each is looked for by itself), in the order of the file, parsed; all lines when
 * none is given. A file that is not there has none; a line that is no JSON (cut off, being written)
 * or of another shape is passed over.
 */
export function linesHolding<N extends keyof Files>(
  folder: string,
  name: N,
  texts: readonly string[] = [],
  signal?: AbortSignal,
): AsyncGenerator<Files[N]> {
  const needles = texts.map((text) => Buffer.from(text))
  return lines(
    folder,
    name,
    signal,
    (line) => needles.length === 0 || needles.some((one) => line.includes(one)),
  )
}

/** Lines whose own uid is among those: it is the first that stands in a line of these files. */
export function linesOfUids<N extends keyof Files>(
  folder: string,
  name: N,
  uids: ReadonlySet<string>,
  signal?: AbortSignal,
): AsyncGenerator<Files[N]> {
  return lines(folder, name, signal, (line) => {
    const at = line.indexOf(uidKey)
    if (at < 0) return false
    const from = at + uidKey.length
    const to = line.indexOf(quote, from)
    return to - from < 200 && uids.has(line.toString('latin1', from, to))
  })
}

const uidKey = Buffer.from('"uid":"')
const quote = 34

async function* lines<N extends keyof Files>(
  folder: string,
  name: N,
  signal: AbortSignal | undefined,
  isWanted: (line: Buffer) => boolean,
): AsyncGenerator<Files[N]> {
  const file = await open(join(folder, name)).catch(() => undefined)
  if (!file) return
  try {
    let carry = Buffer.alloc(0)
    for (;;) {
      signal?.throwIfAborted()
      const chunk = Buffer.allocUnsafe(chunkBytes)
      const { bytesRead } = await file.read(chunk, 0, chunkBytes)
      const block = Buffer.concat([carry, chunk.subarray(0, bytesRead)])
      let from = 0
      for (let to = block.indexOf(newline); to >= 0; to = block.indexOf(newline, from)) {
        const line = block.subarray(from, to)
        from = to + 1
        const value = isWanted(line) ? parsed(name, line) : undefined
        if (value !== undefined) yield value
      }
      carry = block.length - from > lineBytesMax ? Buffer.alloc(0) : block.subarray(from)
      if (bytesRead > 0) continue
      const last = isWanted(carry) ? parsed(name, carry) : undefined
      if (last !== undefined) yield last
      return
    }
  } finally {
    await file.close()
  }
}

function parsed<N extends keyof Files>(name: N, line: Buffer): Files[N] | undefined {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'))
    return caseShapes[name](value) ? (value as Files[N]) : undefined
  } catch {
    return undefined
  }
}
