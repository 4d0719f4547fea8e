// Finds lines of a case's files by a text they hold, without parsing the others and without holding up whoever else waits.

import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { AttributionLine, FindingLine, IncidentSummary, ToolCallLine } from '../schema/summary.ts'

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
 * Lines that hold one of the texts, in the order of the file, parsed; all lines when none is given. A file that is not
 * there has none; a line that is no JSON (cut off, being written) is passed over.
 */
export async function* linesHolding<N extends keyof Files>(
  folder: string,
  name: N,
  texts: readonly string[] = [],
  signal?: AbortSignal,
): AsyncGenerator<Files[N]> {
  const file = await open(join(folder, name)).catch(() => undefined)
  if (!file) return
  const needles = texts.map((text) => Buffer.from(text))
  try {
    let carry = Buffer.alloc(0)
    for (;;) {
      signal?.throwIfAborted()
      const chunk = Buffer.allocUnsafe(chunkBytes)
      const { bytesRead } = await file.read(chunk, 0, chunkBytes)
      const block = Buffer.concat([carry, chunk.subarray(0, bytesRead)])
      const whole = bytesRead === 0 ? block.length : block.lastIndexOf(newline) + 1
      for (const line of linesOf(block.subarray(0, whole), needles)) {
        const value = parsed<Files[N]>(line)
        if (value !== undefined) yield value
      }
      if (bytesRead === 0) return
      carry = block.length - whole > lineBytesMax ? Buffer.alloc(0) : block.subarray(whole)
    }
  } finally {
    await file.close()
  }
}

function* linesOf(block: Buffer, needles: readonly Buffer[]): Generator<Buffer> {
  let from = 0
  while (from < block.length) {
    let hit = from
    if (needles.length > 0) {
      const hits = needles.map((needle) => block.indexOf(needle, from)).filter((at) => at >= 0)
      if (hits.length === 0) return
      hit = Math.min(...hits)
    }
    const start = block.lastIndexOf(newline, hit) + 1
    const end = block.indexOf(newline, hit)
    yield block.subarray(Math.max(start, from), end < 0 ? block.length : end)
    if (end < 0) return
    from = end + 1
  }
}

function parsed<T>(line: Buffer): T | undefined {
  try {
    return JSON.parse(line.toString('utf8')) as T
  } catch {
    return undefined
  }
}
