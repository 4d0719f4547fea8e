// Bare execution: no sandbox, no gateway.

import { spawn } from 'node:child_process'
import type { Ended, Place, Side } from './side.ts'

export async function openDirect({ workdir }: Place): Promise<Side> {
  return {
    exec: (command) => run(['/bin/sh', '-c', command], workdir),
    async close() {},
  }
}

export function run(words: readonly string[], cwd: string): Promise<Ended> {
  const [file = '', ...args] = words
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk
    })
    child.once('error', (error) => resolve({ exitCode: null, stdout, stderr: error.message }))
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
  })
}
