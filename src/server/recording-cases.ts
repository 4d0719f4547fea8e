// A recording is looked at as the case that `investigate` makes of it. Made when first asked for, and again when a run that
// goes on has written more.

import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Problem, type ProblemText } from './problem.ts'

/** A build that takes longer is ended: something is wrong with it. */
const buildMsMax = 10 * 60_000
/** What a run wrote since is looked at again this much later, at the earliest. */
const againAfterMs = 5_000

export class RecordingCases {
  readonly #cache: string
  readonly #building = new Map<string, Promise<string>>()
  readonly #builtAt = new Map<string, { key: string; at: number; folder: string }>()
  #turn: Promise<unknown> = Promise.resolve()

  /** `cache`: a folder of ours; what is in it can be made again. */
  constructor(cache: string) {
    this.#cache = cache
  }

  /** The folder of the case of a recording. Throws a Problem when none can be made of it. */
  folderOf(id: string, recording: string): Promise<string> {
    const running = this.#building.get(id)
    if (running) return running
    const key = keyOf(recording)
    const built = this.#builtAt.get(id)
    if (built && (built.key === key || Date.now() - built.at < againAfterMs))
      return Promise.resolve(built.folder)
    // One after the other: two at once would each take twice as long.
    const building = this.#turn.then(() => this.#build(id, recording, key))
    this.#turn = building.catch(() => {})
    this.#building.set(id, building)
    const done = () => this.#building.delete(id)
    building.then(done, done)
    return building
  }

  async #build(id: string, recording: string, key: string): Promise<string> {
    const mine = join(this.#cache, id)
    const folder = join(mine, key)
    const isThere = statOrNothing(join(folder, 'summary.json')) !== undefined
    if (!isThere) {
      mkdirSync(mine, { recursive: true, mode: 0o700 })
      const making = join(mine, `.${randomBytes(6).toString('hex')}`)
      try {
        await build(recording, making)
        rmSync(folder, { recursive: true, force: true })
        renameSync(making, folder)
      } finally {
        rmSync(making, { recursive: true, force: true })
      }
    }
    const before = this.#builtAt.get(id)?.folder
    this.#builtAt.set(id, { key, at: Date.now(), folder })
    // The one before may still be read by a request that is under way.
    for (const name of readdirSync(mine)) {
      const path = join(mine, name)
      if (path !== folder && path !== before && !name.startsWith('.'))
        rmSync(path, { recursive: true, force: true })
    }
    return folder
  }
}

function keyOf(recording: string): string {
  const state = statOrNothing(join(recording, 'journal.jsonl'))
  if (!state) {
    throw new Problem(410, {
      what: 'The recording is no longer there.',
      why: `${recording} holds no journal.jsonl.`,
    })
  }
  return `${state.ino}-${state.size}-${Math.round(state.mtimeMs)}`
}

function build(recording: string, out: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./build-case.js', import.meta.url)), [recording, out], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      timeout: buildMsMax,
      killSignal: 'SIGKILL',
    })
    let told: ProblemText | undefined
    child.on('message', (text) => {
      told = text as ProblemText
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve()
      else
        reject(
          new Problem(
            503,
            told ?? {
              what: 'The recording could not be investigated.',
              why: `${recording} made the investigation fail.`,
            },
          ),
        )
    })
  })
}

function statOrNothing(path: string) {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}
