// What is run once inside a new network namespace: addresses, routes and rules.

import { spawn } from 'node:child_process'
import { OperatorError } from '../base/errors.ts'
import { linkText } from './rules.ts'

/** How a command gets into the namespace. */
export interface NetworkEntry {
  /** Words before the command. */
  readonly words: readonly string[]
  /** What the command gets as descriptors from 3 on. */
  readonly fds: readonly number[]
}

/**
 * Root of the machine needs the network namespace alone; others must be root of the user namespace that owns it, which
 * its maker is allowed to become.
 */
export function networkEntry(networkFd: number, ownerFd: number, root: boolean): NetworkEntry {
  const network = '--net=/proc/self/fd/3'
  return root
    ? { words: ['nsenter', network], fds: [networkFd] }
    : {
        words: ['nsenter', '--user=/proc/self/fd/4', '--preserve-credentials', network],
        fds: [networkFd, ownerFd],
      }
}

/**
 * nft looks a control group up by its path below /sys/fs/cgroup. Where version 2 is mounted elsewhere (beside
 * version 1), it shows there to nft alone, in a mount namespace that ends with it.
 */
const forNft = 'mount --bind "$1" /sys/fs/cgroup && shift && exec "$@"'
const usualMount = '/sys/fs/cgroup'

/** `groupMount`: where version 2 is mounted; absent when the rules name no group. */
export async function setUpNetwork(
  entry: NetworkEntry,
  rules: string,
  groupMount: string | undefined,
): Promise<void> {
  await inside(
    entry,
    `ip -batch - <<'END' && nft -f - <<'END'\n${linkText}END\n${rules}END\n${forgetSoon}`,
    groupMount,
  )
}

/**
 * All redirected connections lead to one listener, so two of one source port are one to the kernel, wherever they went.
 * While it remembers the one that ended it gives the other another source port, and the gateway would not know it. Of
 * this namespace alone; where it may not be set, it is as it was.
 */
const forgetSoon = `code=$?
{ echo 1 > /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait; } 2>/dev/null
exit $code
`

/** Hands further text to nft. */
export async function tellNft(
  entry: NetworkEntry,
  text: string,
  groupMount: string | undefined,
): Promise<void> {
  await inside(entry, `nft -f - <<'END'\n${text}END\n`, groupMount)
}

async function inside(entry: NetworkEntry, script: string, groupMount = usualMount): Promise<void> {
  const privately =
    groupMount === usualMount ? [] : ['unshare', '--mount', 'sh', '-c', forNft, 'sh', groupMount]
  const [file = '', ...args] = [...entry.words, ...privately, 'sh', '-c', script]
  const child = spawn(file, args, {
    stdio: ['ignore', 'ignore', 'pipe', ...entry.fds],
    env: { PATH: toolPath, LC_ALL: 'C' },
    cwd: '/',
  })
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => {
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
