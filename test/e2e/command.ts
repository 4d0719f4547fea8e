// Runs the command as a user does: a process of its own, its streams and its exit code.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const loader = import.meta.resolve('tsx')

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export function vigiles(
  args: readonly string[],
  {
    cwd,
    input,
    closeEarly = false,
    uid,
  }: { cwd?: string; input?: string; closeEarly?: boolean; uid?: number } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', loader, main, ...args], {
      ...(cwd === undefined ? {} : { cwd }),
      ...(uid === undefined ? {} : { uid, gid: uid }),
      env: { ...process.env, NO_COLOR: '1' },
    })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (closeEarly) child.stdout.destroy()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
    child.stdin.end(input ?? '')
  })
}
