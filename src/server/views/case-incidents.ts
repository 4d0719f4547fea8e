// The incidents of an investigation, from its summary; read again only when that file has changed.

import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { quietly } from '../../base/quietly.ts'
import { readSummary } from '../../pipeline/read-case.ts'
import { severityWord } from '../wire/live.ts'

/** A larger summary is not read for the overview. */
const summaryBytesMax = 32 * 1024 * 1024
/** Summaries that are remembered. */
const knownMax = 2_000

const caseIncident = z.object({
  uid: z.string().max(200),
  title: z.string().transform((text) => text.slice(0, 500)),
  severity: severityWord,
  kinds: z.array(z.string().max(100)).max(100),
  firstSeen: z.string().max(40),
  lastSeen: z.string().max(40),
  ongoing: z.boolean(),
})
export type CaseIncident = z.infer<typeof caseIncident>

const known = new Map<string, { key: string; incidents: readonly CaseIncident[] | undefined }>()

/** Undefined when the summary can't be read: cut off, too large, no summary. What does not fit is left out. */
export function caseIncidents(folder: string): readonly CaseIncident[] | undefined {
  const state = quietly(() => lstatSync(join(folder, 'summary.json')))
  if (!state?.isFile()) return undefined
  const key = `${state.ino} ${state.size} ${state.mtimeMs}`
  const before = known.get(folder)
  if (before?.key === key) return before.incidents
  const incidents = state.size > summaryBytesMax ? undefined : quietly(() => read(folder))
  if (known.size >= knownMax) known.clear()
  known.set(folder, { key, incidents })
  return incidents
}

function read(folder: string): readonly CaseIncident[] | undefined {
  const { incidents } = z.object({ incidents: z.array(z.unknown()) }).parse(readSummary(folder))
  return incidents.flatMap((one) => {
    const result = caseIncident.safeParse(one)
    return result.success ? [result.data] : []
  })
}
