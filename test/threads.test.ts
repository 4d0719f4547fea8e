// What `investigate` writes does not depend on how many threads read. Threads exist only in the built program, so it
// is built here, into a folder of its own.

import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { generate } from '../bench/speed/generate.ts'
import { root } from './e2e/command.ts'

test('investigate writes the same bytes with one thread and with three', () => {
  const cache = join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'threads-'))
  try {
    const dist = join(folder, 'dist')
    run(join(root, 'node_modules/.bin/tsc'), [
      '-p',
      'tsconfig.build.json',
      '--outDir',
      dist,
      '--incremental',
      'false',
    ])
    copyFileSync(join(root, 'package.json'), join(folder, 'package.json'))
    const template = join(root, 'dist/report-template.html')
    expect(existsSync(template), 'npm run build makes the report template').toBe(true)
    copyFileSync(template, join(dist, 'report-template.html'))
    const logs = join(folder, 'logs')
    mkdirSync(logs)
    // Several parts of each file: they are split from 2 MB on.
    generate(logs, 4_000, 8_000, 20, 3)
    const [one, three] = [1, 3].map((threads) => {
      const out = join(folder, `case-${threads}`)
      const program = `
        const { investigate } = await import(${JSON.stringify(pathToFileURL(join(dist, 'pipeline/investigate.js')).href)})
        const { quietProgress } = await import(${JSON.stringify(pathToFileURL(join(dist, 'pipeline/progress.js')).href)})
        const options = { zones: [], controls: [], progress: quietProgress, threads: ${threads} }
        await investigate({ paths: [${JSON.stringify(logs)}], out: ${JSON.stringify(out)}, ...options })`
      const script = join(folder, `run-${threads}.mjs`)
      writeFileSync(script, program)
      run(process.execPath, [script])
      return out
    })
    const names = readdirSync(one!).sort()
    expect(names).toContain('attributions.jsonl')
    expect(readdirSync(three!).sort()).toEqual(names)
    for (const name of names) {
      expect(readFileSync(join(three!, name)).equals(readFileSync(join(one!, name))), name).toBe(true)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 300_000)

function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
}
