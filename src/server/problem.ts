// What a request gets that can't be answered: a status and the three lines that every error of ours has.

import { exitCodes, OperatorError } from '../base/errors.ts'

export interface ProblemText {
  readonly what: string
  readonly why?: string
  readonly fix?: string
}

export type ProblemStatus = 400 | 401 | 403 | 404 | 409 | 410 | 413 | 415 | 422 | 429 | 500 | 503 | 504

/** Thrown by an endpoint; its text reaches the person who asked. */
export class Problem extends Error {
  readonly status: ProblemStatus
  readonly text: ProblemText

  constructor(status: ProblemStatus, text: ProblemText) {
    super(text.what)
    this.status = status
    this.text = text
  }
}

/** The status and text for anything that was thrown. What is our fault is not told in detail to whoever asked. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof OperatorError) {
    const { message: what, why, fix } = error
    return new Problem(error.exitCode === exitCodes.environment ? 503 : 400, {
      what,
      ...(why !== undefined && { why }),
      ...(fix !== undefined && { fix }),
    })
  }
  return new Problem(500, {
    what: 'Vigiles failed to answer this.',
    fix: 'What went wrong stands in the terminal where `vigiles serve` runs. Please report it.',
  })
}
