// The recorded run as it came about: its files, uncompressed, to be written again piece by piece.

import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterAll } from 'vitest'
import type { FollowAnswer, FollowEvent } from '../../src/pipeline/follow/api.ts'

const run = fileURLToPath(new URL('../../fixtures/incidents/recorded-run/logs', import.meta.url))

export interface Piece {
  /** Below the folder that is followed. */
  readonly path: string
  readonly lines: readonly string[]
}

/** All files of the run but the topology; that one is written to `folder` at once. */
export function recordedRun(folder: string): Piece[] {
  const pieces: Piece[] = []
  const walk = (below: string) => {
    for (const name of readdirSync(join(run, below)).sort()) {
      const path = join(below, name)
      if (statSync(join(run, path)).isDirectory()) {
        walk(path)
        continue
      }
      const stored = readFileSync(join(run, path))
      const text = (path.endsWith('.gz') ? gunzipSync(stored) : stored).toString('utf8')
      if (path.endsWith('.yaml')) put(folder, path, text)
      else pieces.push({ path: path.replace(/\.gz$/, ''), lines: text.split('\n').slice(0, -1) })
    }
  }
  walk('')
  return pieces
}

export function put(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

/** The share [from, to) of a file's lines, appended. */
export function append(folder: string, { path, lines }: Piece, from: number, to: number): void {
  const part = lines.slice(Math.round(from * lines.length), Math.round(to * lines.length))
  if (part.length === 0) return
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  appendFileSync(join(folder, path), `${part.join('\n')}\n`)
}

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'follow-test-'))
  folders.push(folder)
  return folder
}

/** Takes note of everything that is told. */
export function listener() {
  const events: FollowEvent[] = []
  const latest = new Map<string, FollowAnswer>()
  let firsts = 0
  const doubled: string[] = []
  return {
    events,
    latest,
    doubled,
    get firsts() {
      return firsts
    },
    on(event: FollowEvent): void {
      events.push(event)
      if (event.type !== 'answers' && event.type !== 'revisions') return
      for (const answer of event.answers) {
        if (event.type === 'answers') {
          firsts++
          if (latest.has(answer.uid)) doubled.push(answer.uid)
        }
        latest.set(answer.uid, answer)
      }
    },
    problems: () =>
      events.flatMap((event) =>
        event.type === 'problem' ? [`${event.problem.where}: ${event.problem.what}`] : [],
      ),
  }
}

export async function until(what: () => boolean, why: string): Promise<void> {
  for (let tries = 0; tries < 2_000; tries++) {
    if (what()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`it never came about: ${why}`)
}

export function linesOf(path: string): Record<string, unknown>[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line))
}
