// What lists and the overview need of an investigation, from its summary; read again only when its files have changed.

import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { quietly } from '../base/quietly.ts'
import { parseIso } from '../base/time.ts'
import { checkCaseFolder } from '../store/cases/case-folder.ts'
import { type ProblemText, problemOf } from './problem.ts'
import { severityWord } from './wire/live.ts'

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

export interface CaseSummary {
  /** Why it can't be used: cut off, unfinished, of a newer version, no case. */
  readonly problem?: ProblemText
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly incidents: readonly CaseIncident[]
}

const known = new Map<string, { readonly key: string; readonly summary: CaseSummary }>()

/** Never throws; what does not fit is left out. */
export function caseSummary(folder: string): CaseSummary {
  const stamp = (path: string) => {
    const state = quietly(() => lstatSync(path))
    return state && `${state.ino} ${state.size} ${state.mtimeMs}`
  }
  const key = `${stamp(folder)} ${stamp(join(folder, 'summary.json'))}`
  const before = known.get(folder)
  if (before?.key === key) return before.summary
  const summary = read(folder)
  if (known.size >= knownMax) known.clear()
  known.set(folder, { key, summary })
  return summary
}

function read(folder: string): CaseSummary {
  try {
    // Says of what kind the trouble is, and that the summary is a file of a size that can be read.
    checkCaseFolder(folder)
    const { inputs, incidents } = z
      .object({ inputs: z.array(z.unknown()), incidents: z.array(z.unknown()) })
      .parse(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')))
    return {
      startedAt: inputs.flatMap((input) => timeIn(input, 'firstTime')).sort()[0] ?? null,
      endedAt:
        inputs
          .flatMap((input) => timeIn(input, 'lastTime'))
          .sort()
          .at(-1) ?? null,
      incidents: incidents.flatMap((one) => {
        const result = caseIncident.safeParse(one)
        return result.success ? [result.data] : []
      }),
    }
  } catch (error) {
    const { status, text } = problemOf(error)
    const problem =
      status === 500
        ? {
            what: `${folder}: its summary.json can't be read.`,
            why: 'It is not what `vigiles investigate` writes.',
            fix: 'Investigate the same inputs again.',
          }
        : text
    return { problem, startedAt: null, endedAt: null, incidents: [] }
  }
}

function timeIn(input: unknown, name: 'firstTime' | 'lastTime'): string[] {
  const time = z.looseObject({ [name]: z.string().max(40) }).safeParse(input).data?.[name]
  return typeof time === 'string' && parseIso(time) ? [time] : []
}
