// What the bench needs on this machine: our program built, srt from npm, a work folder. All in one temporary folder.

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Place } from './side.ts'
import { srtPackage } from './srt.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Prepared {
  readonly folder: string
  readonly place: Omit<Place, 'ports'>
  readonly versions: Readonly<Record<string, string>>
}

/** Throws with what is missing. `srt`: a folder where npm put it before. */
export function prepare(srt: string | undefined): Prepared {
  for (const tool of ['bwrap', 'socat', 'rg', 'nft', 'ip', 'python3', 'unshare', 'nsenter']) {
    if (output('sh', ['-c', `command -v ${tool}`]) === '') throw new Error(`the bench needs ${tool}`)
  }
  const host = ownAddress()
  const folder = mkdtempSync(join(tmpdir(), 'vigiles-bench-'))
  chmodSync(folder, 0o755)
  // The sides too: a loader that compiles on the way would slow what is measured.
  const config = join(folder, 'tsconfig.json')
  const [source, own] = [join(root, 'src'), join(root, 'bench/sandbox')]
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, 'tsconfig.build.json'),
      compilerOptions: {
        rootDir: root,
        outDir: folder,
        declaration: false,
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: [source, join(own, 'worker.ts'), join(own, 'server.ts')],
      exclude: [join(source, '**/*.test.ts')],
    }),
  )
  run('npx', ['tsc', '-p', config], root)
  const dist = join(folder, 'src')
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const at = srt ?? join(folder, 'srt')
  if (!existsSync(join(at, srtPackage))) {
    mkdirSync(at)
    writeFileSync(join(at, 'package.json'), '{"private":true}')
    run(
      'npm',
      ['install', '--no-audit', '--no-fund', '--ignore-scripts', '@anthropic-ai/sandbox-runtime'],
      at,
    )
  }
  const workdir = join(folder, 'work')
  mkdirSync(workdir)
  chmodSync(workdir, 0o777)
  copyFileSync(fileURLToPath(new URL('client.py', import.meta.url)), join(workdir, 'client.py'))
  const records = join(folder, 'records')
  mkdirSync(records)
  const version = (path: string) => (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
  return {
    folder,
    place: { workdir, records, dist, bench: join(folder, 'bench/sandbox'), srt: at, host },
    versions: {
      vigiles: `${version(join(root, 'package.json'))} (${output('git', ['rev-parse', '--short', 'HEAD'], root)})`,
      srt: version(join(at, srtPackage, 'package.json')),
      bubblewrap: output('bwrap', ['--version']).replace('bubblewrap ', ''),
      node: process.version,
      kernel: output('uname', ['-r']),
    },
  }
}

/** Loopback is another one in every namespace: the far end must have an address that all sides mean the same by. */
function ownAddress(): string {
  for (const list of Object.values(networkInterfaces()))
    for (const { family, internal, address } of list ?? []) if (family === 'IPv4' && !internal) return address
  throw new Error('the bench needs an IPv4 address that is not loopback')
}

function run(file: string, args: readonly string[], cwd: string): void {
  const { status, stderr } = spawnSync(file, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  if (status !== 0) throw new Error(`${file} ${args[0]} failed: ${stderr}`)
}

function output(file: string, args: readonly string[], cwd?: string): string {
  return spawnSync(file, args, { encoding: 'utf8', ...(cwd !== undefined && { cwd }) }).stdout?.trim() ?? ''
}
