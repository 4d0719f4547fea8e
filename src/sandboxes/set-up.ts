// What is run once inside a new network namespace: addresses, routes and rules.

import { spawn } from 'node:child_process'
import { OperatorError } from '../base/errors.ts'
import { linkText } from './rules.ts'

/**
 * nft looks a control group up by its path below /sys/fs/cgroup. Where version 2 is mounted elsewhere (beside
 * version 1), it is mounted there for nft alone, in a mount namespace that ends with it.
 */
const forNft = 'mount -t cgroup2 none /sys/fs/cgroup && '

/** `enter`: the words that put a command into the namespace. `privateCgroups`: see {@link forNft}. */
export async function setUpNetwork(
  enter: readonly string[],
  rules: string,
  privateCgroups: boolean,
): Promise<void> {
  await inside(
    enter,
    `ip -batch - <<'END' && nft -f - <<'END'\n${linkText}END\n${rules}END\n`,
    privateCgroups,
  )
}

/** Hands further text to nft. */
export async function tellNft(
  enter: readonly string[],
  text: string,
  privateCgroups: boolean,
): Promise<void> {
  await inside(enter, `nft -f - <<'END'\n${text}END\n`, privateCgroups)
}

async function inside(enter: readonly string[], script: string, privateCgroups: boolean): Promise<void> {
  const command = privateCgroups
    ? ['unshare', '--mount', 'sh', '-c', `${forNft}exec "$@"`, 'sh', ...enter, 'sh', '-c', script]
    : [...enter, 'sh', '-c', script]
  const [file = '', ...args] = command
  const child = spawn(file, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: toolPath, LC_ALL: 'C' },
  })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaint.length < 4000) complaint += chunk.toString()
  })
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (exit) => resolve(exit ?? 'a signal'))
  })
  if (code === 0) return
  throw new OperatorError('environment', {
    what: 'The network of the sandbox could not be set up.',
    why: complaint.trim() || `${file} ended with ${code}.`,
    fix: 'Run vigiles doctor: it says what this machine lacks.',
  })
}

/** Where the system's own tools are, whatever PATH the user has. */
export const toolPath = '/usr/sbin:/usr/bin:/sbin:/bin'
