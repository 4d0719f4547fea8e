// Starts full investigations, one at a time, and puts a finished one in place of the one before in a single move.

import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AttributionCase } from '../../attribution/api.ts'
import { OperatorError } from '../../base/errors.ts'
import type { Summary } from '../../schema/summary.ts'
import type { ZoneRule } from '../clock-domains.ts'

export interface CaseJob {
  readonly paths: readonly string[]
  readonly out: string
  readonly topology?: string
  readonly zones: readonly ZoneRule[]
  readonly controls: AttributionCase['controls']
}

/** Longest time one investigation may take. */
const buildMaxMs = 30 * 60_000

export class CaseBuilder {
  readonly folder: string
  #child: ChildProcess | undefined
  #running: Promise<Summary> | undefined

  constructor(folder: string) {
    this.folder = folder
  }

  get running(): boolean {
    return this.#running !== undefined
  }

  /** Investigates now; while one is under way, what it will give. Fails with OperatorError. */
  build(job: Omit<CaseJob, 'out'>): Promise<Summary> {
    this.#running ??= this.#run(job).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Waits for one that is under way, and begins another: what has come since is in it. */
  async buildAnew(job: Omit<CaseJob, 'out'>): Promise<Summary> {
    await this.#running?.catch(() => {})
    return this.build(job)
  }

  stop(): void {
    this.#child?.kill('SIGKILL')
  }

  async #run(job: Omit<CaseJob, 'out'>): Promise<Summary> {
    const out = `${this.folder}.new`
    rmSync(out, { recursive: true, force: true })
    mkdirSync(dirname(out), { recursive: true, mode: 0o700 })
    const summary = await this.#inChild({ ...job, out })
    const old = `${this.folder}.old`
    rmSync(old, { recursive: true, force: true })
    if (existsSync(this.folder)) renameSync(this.folder, old)
    renameSync(out, this.folder)
    rmSync(old, { recursive: true, force: true })
    return summary
  }

  #inChild(job: CaseJob): Promise<Summary> {
    const built = import.meta.url.endsWith('.js')
    const program = fileURLToPath(new URL(built ? './case-child.js' : './case-child.ts', import.meta.url))
    const child = fork(program, {
      execArgv: built ? [] : ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      timeout: buildMaxMs,
    })
    this.#child = child
    return new Promise((resolve, reject) => {
      const fail = (why: string) =>
        reject(
          new OperatorError('environment', {
            what: `The investigation of what is followed failed: ${why}`,
            fix: 'Run vigiles investigate on the same paths to see all of what it says.',
          }),
        )
      child.once('message', (said: { summary?: Summary; failed?: string }) => {
        if (said.summary) resolve(said.summary)
        else fail(said.failed ?? 'it said nothing')
      })
      child.once('error', (error) => fail(error.message))
      child.once('exit', (code, signal) => fail(`its process ended (${signal ?? code})`))
      child.send(job)
    })
  }
}
