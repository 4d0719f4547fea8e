// From nothing to the end of a first command, and gone again.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { policyFor } from './ours.ts'
import type { Place } from './side.ts'
import { settingsFor, srtPackage } from './srt.ts'

export type ColdKind = 'node' | 'srt' | 'ours' | 'library' | 'library-again'

let count = 0

/** Milliseconds, seen from outside for programs, from inside for the library. */
export function coldOnce(kind: ColdKind, place: Place): number[] {
  if (kind === 'node') return [program(['-e', '0'], place)]
  if (kind === 'srt') {
    const settings = join(place.records, 'srt-settings.json')
    writeFileSync(settings, JSON.stringify(settingsFor(place)))
    return [program([join(place.srt, srtPackage, 'dist/cli.js'), '--settings', settings, '/bin/true'], place)]
  }
  if (kind === 'ours') {
    const record = join(place.records, `cold-${++count}`)
    return [
      program(
        [join(place.dist, 'cli/main.js'), 'run', '--quiet', '--record', record, '--', '/bin/true'],
        place,
      ),
    ]
  }
  // A process of its own; the first sandbox of a process also loads what only sandboxes need.
  const again = kind === 'library-again' ? 6 : 1
  const text = `
    import { openSandbox } from ${JSON.stringify(pathToFileURL(join(place.dist, 'index.js')).href)}
    const times = []
    for (let i = 0; i < ${again}; i++) {
      const began = performance.now()
      const sandbox = await openSandbox({ record: ${JSON.stringify(join(place.records, `library-${++count}`))} + '-' + i, policy: ${JSON.stringify(policyFor(place))} })
      await sandbox.exec({ command: ['/bin/true'], toolCall: { id: 'a', name: 'true' } })
      await sandbox.close()
      times.push(performance.now() - began)
    }
    console.log(JSON.stringify(times))`
  const { stdout, stderr } = node(['--input-type=module', '-e', text], place)
  if (stdout.trim() === '') throw new Error(stderr)
  const times = JSON.parse(stdout) as number[]
  return kind === 'library' ? times : times.slice(1)
}

function program(args: readonly string[], place: Place): number {
  const began = performance.now()
  const { status, stderr } = node(args, place)
  const took = performance.now() - began
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`)
  return took
}

function node(args: readonly string[], { workdir }: Place) {
  return spawnSync(process.execPath, args, {
    cwd: workdir,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  })
}
