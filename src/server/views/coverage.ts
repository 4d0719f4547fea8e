// What a case tells of its own foundations. Reads the case folder only: the inputs may be gone.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { OperatorError } from '../../base/errors.ts'
import { plain } from '../../base/terminal.ts'
import { readRejects } from '../../pipeline/readiness/read-rejects.ts'
import { type CoverageAnswer, coverageAnswer, readinessAnswer } from '../wire/coverage.ts'

const inputsMax = 2_000
const clocksMax = 500
/** Larger files are none of ours. */
const bytesMax = 256 << 20

const answer = coverageAnswer.shape
const calibrationOf = answer.calibration.unwrap().omit({ meaning: true })
const summaryOf = z.object({
  inputs: z.array(answer.inputs.element.extend({ note: z.string().optional() })),
  clocks: answer.clocks,
  calibration: calibrationOf.optional(),
  readiness: z.unknown().optional(),
})

/** Throws OperatorError (usage) when FOLDER holds no summary that can be read. */
export function coverageOf(folder: string): CoverageAnswer {
  const summary = summaryIn(folder)
  const { reasons, looked } = readRejects(join(folder, 'rejects.jsonl'))
  const { calibration } = summary
  const { data: readiness } = readinessAnswer.safeParse(summary.readiness)
  return {
    inputs: summary.inputs
      .slice(0, inputsMax)
      .map(({ note, ...input }) => ({ ...input, note: note ?? null })),
    inputsLeft: Math.max(0, summary.inputs.length - inputsMax),
    rejects: {
      total: summary.inputs.reduce((sum, { rejected }) => sum + rejected, 0),
      looked,
      reasons: reasons.map((one) => ({ ...one, examples: one.examples.slice() })),
    },
    clocks: summary.clocks.slice(0, clocksMax),
    calibration: calibration ? { ...calibration, meaning: meaningOf(calibration) } : null,
    readiness: readiness ?? null,
    lacking: [
      ...(calibration
        ? []
        : ['This case was written before calibration was kept: investigate its inputs again.']),
      ...(readiness
        ? []
        : [
            'This case holds no readiness that is known here: investigate its inputs again, or give them to vigiles audit PATH…',
          ]),
    ],
  }
}

/** In words: without the truth, only what no call caused can be checked, by decoys. */
function meaningOf({ calibrated, falseShare, claimAt, decoys }: z.infer<typeof calibrationOf>): string {
  const share = (part: number) => `${Number((100 * part).toFixed(1))} %`
  const said =
    claimAt === null
      ? 'Nothing is called attributed in this case.'
      : `What is called attributed has a model probability of ${claimAt} or more.`
  if (decoys === 0)
    return `Nobody knows the truth of this case, and it is too short or too small for decoys (the same events moved in time, which no call can have caused): probabilities are the model's own, kept careful. ${said}`
  const checked =
    falseShare === null
      ? 'too few of its events may be uncaused to say more'
      : `decoys say that ${share(falseShare)} of what is attributed was caused by no call`
  return `Nobody knows the truth of this case. ${calibrated ? '"Calibrated" means' : 'Not called calibrated, for there are too few connections or a clock is in doubt; still'} that ${decoys} decoys (the same events moved in time, which no call can have caused) were scored by the same model: ${checked}. Whether the right one of several calls was named, decoys cannot tell. ${said}`
}

function summaryIn(folder: string): z.infer<typeof summaryOf> {
  const path = join(folder, 'summary.json')
  if (!existsSync(path)) {
    throw new OperatorError('usage', {
      what: `${plain(folder)}: there is no summary.json, so this is not the folder of an investigation, or it is still being written.`,
      fix: 'Give the folder that was named with --out, when the investigation has ended.',
    })
  }
  const read = parsed(path, summaryOf)
  if (read === undefined) {
    throw new OperatorError('usage', {
      what: `${plain(path)}: this summary is cut off, or of a version that is not known here.`,
      fix: 'Investigate the inputs again with this version.',
    })
  }
  return read
}

function parsed<S extends z.ZodType>(path: string, schema: S): z.infer<S> | undefined {
  try {
    if (statSync(path).size > bytesMax) return undefined
    const read = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    return read.success ? read.data : undefined
  } catch {
    return undefined
  }
}
