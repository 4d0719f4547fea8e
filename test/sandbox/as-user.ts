// Runs the built program as an ordinary user: as nobody when the tests run as root, else as who they run as.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const checkout = fileURLToPath(new URL('../..', import.meta.url))
const nobody = { uid: 65_534, gid: 65_534 }
const user = process.getuid?.() === 0 ? nobody : undefined
export interface AsUser {
  /** Belongs to the user; `home` and `work` are in it. */
  readonly base: string
  readonly home: string
  readonly work: string
  /** Of the built program; with `test`, files lie in it as they do in the checkout. */
  readonly program: string
  readonly cli: string
  readonly library: string
  /** Runs Node; `fds` are given to it from 3 on. */
  node(args: readonly string[], fds?: readonly number[]): Promise<Ended>
  /** The same below a control group that was handed to the user; only as root. */
  nodeInGroup(args: readonly string[], procsFile: string): Promise<Ended>
  /** Starts Node and gives its process id. */
  start(args: readonly string[]): { readonly pid: number; readonly ended: Promise<unknown> }
  close(): void
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface UserOptions {
  /** A module below `test` to be built too, with all that it imports. */
  readonly test?: string
  readonly timeoutMs?: number
}

/** A copy that the user can read, wherever the checkout lies. */
export function asUser({ test, timeoutMs = 60_000 }: UserOptions = {}): AsUser {
  const base = mkdtempSync(join(tmpdir(), 'user-'))
  const program = join(base, 'program')
  const [home, work] = [join(base, 'home'), join(base, 'work')]
  for (const folder of [home, work]) {
    mkdirSync(folder)
    if (user) chownSync(folder, user.uid, user.gid)
  }
  chmodSync(base, 0o755)
  if (test === undefined) build(['-p', 'tsconfig.build.json', '--outDir', join(program, 'dist')])
  else buildTest(test, base, program)
  cpSync(join(checkout, 'package.json'), join(program, 'package.json'))
  for (const name of ['koffi', '@koromix', 'yaml', 'fzstd']) {
    const from = join(checkout, 'node_modules', name)
    if (existsSync(from)) cpSync(from, join(program, 'node_modules', name), { recursive: true })
  }
  const options = {
    ...user,
    cwd: work,
    env: {
      HOME: home,
      PATH: test === undefined ? '/usr/bin:/bin' : `${dirname(process.execPath)}:/usr/bin:/bin`,
      XDG_STATE_HOME: join(home, 'state'),
    },
    timeout: timeoutMs,
    killSignal: 'SIGKILL' as const,
  }
  return {
    base,
    home,
    work,
    program,
    cli: join(program, 'dist/cli/main.js'),
    library: join(program, 'dist/index.js'),
    node: (args, fds = []) =>
      ended(spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe', ...fds] })),
    nodeInGroup(args, procsFile) {
      const become = ['setpriv', `--reuid=${nobody.uid}`, `--regid=${nobody.gid}`, '--clear-groups']
      const enter = ['-c', 'echo 0 > "$1"; shift; exec "$@"', 'sh', procsFile, ...become, process.execPath]
      const { uid: _, gid: __, ...rest } = { ...nobody, ...options }
      return ended(spawn('sh', [...enter, ...args], { ...rest, stdio: ['ignore', 'pipe', 'pipe'] }))
    },
    start(args) {
      const child = spawn(process.execPath, args, { ...options, stdio: 'ignore' })
      return { pid: child.pid ?? 0, ended: new Promise((resolve) => child.once('close', resolve)) }
    },
    close: () => rmSync(base, { recursive: true, force: true }),
  }
}

function build(args: readonly string[]): void {
  spawnSync(join(checkout, 'node_modules/.bin/tsc'), args, { cwd: checkout })
}

/** As it lies in the checkout: `program/test/…` beside `program/src/…`. */
function buildTest(test: string, base: string, program: string): void {
  const project = join(base, 'tsconfig.json')
  const compilerOptions = {
    noEmit: false,
    rootDir: checkout,
    outDir: program,
    typeRoots: [join(checkout, 'node_modules/@types')],
  }
  const files = [join(checkout, test)]
  writeFileSync(
    project,
    JSON.stringify({ extends: join(checkout, 'tsconfig.json'), compilerOptions, files, include: [] }),
  )
  build(['-p', project])
}

function ended(child: ChildProcess): Promise<Ended> {
  let [out, err] = ['', '']
  child.stdout?.on('data', (bytes) => {
    out += bytes
  })
  child.stderr?.on('data', (bytes) => {
    err += bytes
  })
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, out, err }))
  })
}
