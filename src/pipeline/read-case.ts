// Reads back what `investigate` wrote, line by line, for the commands that answer from it.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../base/errors.ts'
import { LineSplitter } from '../base/lines.ts'
import type { AttributionLine, FindingLine, Summary, ToolCallLine } from '../schema/summary.ts'
import { readChunks } from './inputs.ts'

/** The summary of a case folder. Throws OperatorError (usage) when DIR holds none. */
export function readSummary(folder: string): Summary {
  const path = join(folder, 'summary.json')
  if (!existsSync(path)) {
    throw new OperatorError('usage', {
      what: `${folder}: there is no summary.json, so this is not the folder of an investigation.`,
      fix: 'Give the folder that was named with --out.',
    })
  }
  return JSON.parse(readFileSync(path, 'utf8')) as Summary
}

/** Lines of one of the case's JSONL files, parsed. */
function* linesOf<T>(folder: string, name: string): Generator<T> {
  const path = join(folder, name)
  if (!existsSync(path)) return
  let ready: string[] = []
  const splitter = new LineSplitter({
    line(text) {
      ready.push(text)
    },
    tooLong() {},
  })
  for (const chunk of readChunks(path)) {
    splitter.chunk(chunk)
    for (const text of ready) yield JSON.parse(text) as T
    ready = []
  }
  splitter.end()
  for (const text of ready) yield JSON.parse(text) as T
}

export const attributionLines = (folder: string) => linesOf<AttributionLine>(folder, 'attributions.jsonl')
export const toolCallLines = (folder: string) => linesOf<ToolCallLine>(folder, 'toolcalls.jsonl')
export const findingLines = (folder: string) => linesOf<FindingLine>(folder, 'findings.jsonl')
