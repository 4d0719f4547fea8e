// Small programs that find out what the machine allows; each has a few seconds.

import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { toolPath } from './set-up.ts'

export interface Trial {
  readonly ok: boolean
  /** Both streams, their beginning. */
  readonly out: string
}

export interface TrialOptions {
  readonly uid?: number
  readonly gid?: number
  /** Given to the program as descriptor 3, and closed. */
  readonly fd?: number
  readonly input?: string
}

const timeoutMs = 5000
const outputMax = 16_384

/** Never throws: a program that is not there has failed too. */
export async function tryRun(
  command: string,
  args: readonly string[],
  { fd, input, ...user }: TrialOptions = {},
): Promise<Trial> {
  const child = spawn(command, args, {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...(fd === undefined ? [] : [fd])],
    env: { PATH: `${process.env.PATH ?? ''}:${toolPath}`, LC_ALL: 'C' },
    cwd: '/',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    ...user,
  })
  if (fd !== undefined) closeSync(fd)
  let out = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes: Buffer) => {
      if (out.length < outputMax) out += bytes.toString()
    })
  }
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  return await new Promise((resolve) => {
    child.once('error', (error) => resolve({ ok: false, out: error.message }))
    child.once('close', (code) => resolve({ ok: code === 0, out }))
  })
}

/** Root tries as nobody: what root may do says nothing of the agent. */
export function trialUser(): TrialOptions {
  return process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
}

/**
 * One chain in a network namespace that ends with the trial. `privateCgroups`: version 2 is mounted where nft looks for
 * it, in a mount namespace of the trial's own.
 */
export async function tryRules(
  chain: readonly string[],
  root: boolean,
  privateCgroups = false,
): Promise<Trial> {
  const namespaces = root ? ['--net'] : ['--user', '--map-root-user', '--net']
  const inner = privateCgroups
    ? ['--mount', 'sh', '-c', 'mount -t cgroup2 none /sys/fs/cgroup && exec nft -f -']
    : ['nft', '-f', '-']
  return await tryRun('unshare', [...namespaces, ...inner], {
    input: `table ip trial {\n chain trial {\n${chain.join('\n')}\n }\n}\n`,
  })
}
