// Starts the processes that hold DuckDB: bare of the server's environment and descriptors, and with limits of their own.

import { type ChildProcess, fork, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * `build`: files of a case to a database. `read`: the server's own statements on it. `query`: users' SQL.
 * `export`: users' SQL whose result goes to a file of ours.
 */
export type ChildRole = 'build' | 'read' | 'query' | 'export'

/** JavaScript's own share; DuckDB's memory is limited by itself. */
const heapMb = 512
const descriptorsMax = 64

export interface ChildLimits {
  /** Largest file it may write; 0 = none. Held by the kernel where there is a POSIX shell. */
  readonly fileBytesMax?: number
}

export function startChild(
  role: ChildRole,
  args: readonly string[],
  { fileBytesMax }: ChildLimits = {},
): ChildProcess {
  const here = import.meta.url
  const inSources = here.endsWith('.ts')
  const entry = fileURLToPath(new URL(inSources ? './child.ts' : './child.js', here))
  const loader = inSources ? ['--import', pathToFileURL(createRequire(here).resolve('tsx')).href] : []
  const execArgv = [...loader, `--max-old-space-size=${heapMb}`]
  const options = {
    env: environment(),
    // Nothing but the channel: no terminal, no socket and no file of the server is open in there.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'] as ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'json' as const,
  }
  if (fileBytesMax === undefined || process.platform === 'win32') {
    return fork(entry, [role, ...args], { ...options, execArgv })
  }
  const blocks = Math.ceil(fileBytesMax / 512)
  const limits = ['ulimit -c 0', `ulimit -f ${blocks}`, `ulimit -n ${descriptorsMax}`]
  return spawn(
    '/bin/sh',
    [
      '-c',
      `${limits.map((limit) => `${limit} 2>/dev/null`).join('; ')}; exec "$@"`,
      'sh',
      process.execPath,
      ...execArgv,
      entry,
      role,
      ...args,
    ],
    options,
  )
}

/** What Node itself needs to start, and nothing of ours: tokens and keys lie in environments. */
function environment(): NodeJS.ProcessEnv {
  const { SystemRoot, TMPDIR, TEMP } = process.env
  return {
    TSX_DISABLE_CACHE: '1',
    ...(SystemRoot !== undefined && { SystemRoot }),
    ...(TMPDIR !== undefined && { TMPDIR }),
    ...(TEMP !== undefined && { TEMP }),
  }
}
