// Asks a running sandbox through its control socket; what goes wrong is told as what it is.

import { lstatSync } from 'node:fs'
import { OperatorError } from '../../base/errors.ts'
import { quietly } from '../../base/quietly.ts'
import type { ActRequest } from '../../responses/api.ts'
import { askControl } from '../../responses/control-socket.ts'
import { readRunFile } from '../../store/run-file.ts'
import { Problem } from '../problem.ts'
import type { Source } from '../sources.ts'
import { actResult, type ContainResult } from '../wire/contain.ts'

/** Throws a Problem: 409 when the run has ended, 503 when it does not answer. */
export async function askBox(source: Source, request: ActRequest): Promise<ContainResult> {
  const { controlSocket, title } = source
  if (controlSocket === undefined) {
    throw new Problem(409, {
      what: `${title} is no run, so nothing in it can be stopped.`,
      fix: 'Choose a run that goes on.',
    })
  }
  // Nothing but a socket of that very name: a folder that somebody made may have a link to another program's.
  if (quietly(() => lstatSync(controlSocket))?.isSocket() !== true) throw ended(source)
  let answer: unknown
  try {
    answer = await askControl(controlSocket, request)
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    if (await source.isLive()) {
      throw new Problem(503, {
        what: `${title} does not answer.`,
        ...(error.why !== undefined && { why: error.why }),
        fix: 'Try again; if it stays so, end the process of `vigiles run` itself: its sandbox ends with it.',
      })
    }
    throw ended(source)
  }
  const result = actResult.safeParse(answer)
  if (result.success) return result.data
  throw new Problem(503, {
    what: `What ${title} answered can’t be understood.`,
    why: 'Its Vigiles may be of another version than this server.',
    fix: `Ask it yourself: vigiles contain ${source.folder} status`,
  })
}

function ended({ title, folder }: Source): Problem {
  const run = readRunFile(folder)
  const how =
    run?.stoppedBy != null
      ? `It was stopped by ${run.stoppedBy}.`
      : run?.endedAt === undefined
        ? 'Its control socket is gone: Vigiles was killed, and its sandbox with it.'
        : `It ended at ${run.endedAt} with ${run.signal ?? `exit code ${run.exitCode}`}.`
  return new Problem(409, {
    what: `${title} does not run any more.`,
    why: how,
    fix: 'There is nothing left to stop; look at what it did.',
  })
}
