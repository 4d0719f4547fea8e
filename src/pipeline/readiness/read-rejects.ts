// Reads rejects.jsonl back, as far as it is worth it.

import { existsSync } from 'node:fs'
import { LineSplitter } from '../../base/lines.ts'
import { readChunks } from '../inputs.ts'
import type { RejectReason } from './api.ts'
import { RejectReasons } from './reject-reasons.ts'

const linesMax = 100_000

/** Reasons with their examples; `looked` lines were read, `more` says that there are others. Lines that are cut off are passed over. */
export function readRejects(path: string): { reasons: RejectReason[]; looked: number; more: boolean } {
  const reasons = new RejectReasons()
  let looked = 0
  let more = false
  if (!existsSync(path)) return { reasons: [], looked, more }
  const splitter = new LineSplitter({
    line(text) {
      if (looked >= linesMax) {
        more = true
        return
      }
      looked++
      const reject = rejectOf(text)
      if (reject) reasons.add(reject)
    },
    tooLong() {},
  })
  for (const chunk of readChunks(path)) {
    splitter.chunk(chunk)
    if (more) break
  }
  if (!more) splitter.end()
  return { reasons: reasons.list(), looked, more }
}

function rejectOf(line: string): { file: string; line: number; reason: string; text: string } | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null) return undefined
    const { file, line: at, reason, text } = value as Record<string, unknown>
    if (typeof file !== 'string' || typeof at !== 'number') return undefined
    if (typeof reason !== 'string' || typeof text !== 'string') return undefined
    return { file, line: at, reason, text }
  } catch {
    return undefined
  }
}
