// Sockets of a network namespace that this process may not enter: a helper inside makes them, and they are taken from it.
//
// Joining a user namespace takes a process of one thread, which Node is not. The one who made the namespace may do
// anything to the processes in it, so their descriptors can simply be copied (pidfd_getfd, Linux 5.6).

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { OperatorError } from '../base/errors.ts'
import { type Kernel, SOCK_NONBLOCK, type SocketKind, SystemCallError } from './kernel.ts'
import { type NetworkEntry, toolPath } from './set-up.ts'
import { systemCallNumber } from './system-calls.ts'

/** Starts in 3 ms, and is part of nearly every system; Node takes 60. */
const perl = '/usr/bin/perl'
const perlScript = `$| = 1; my @kept;
for (@ARGV) {
  my ($family, $type, $protocol) = split /,/;
  if (socket(my $made, $family, $type, $protocol)) { push @kept, $made; print fileno($made), "\\n" } else { print "-1\\n" }
}
print "end\\n"; sleep 60`
const nodeScript = `const socket = require(process.argv[1]).load(null).func('int socket(int, int, int)')
for (const kind of process.argv.slice(2)) console.log(socket(...kind.split(',').map(Number)))
console.log('end'); setTimeout(() => {}, 60_000)`

/** Words that run a helper; the kinds of sockets come after them. */
export const helpers = {
  perl: () => [perl, '-e', perlScript],
  node: () => [process.execPath, '-e', nodeScript, createRequire(import.meta.url).resolve('koffi')],
} as const

const answerMs = 10_000

/** Descriptors of our own, not blocking, by the names in `kinds`; undefined for what the kernel does not have. */
export async function borrowSockets<Name extends string>(
  kernel: Kernel,
  entry: NetworkEntry,
  kinds: Readonly<Record<Name, SocketKind>>,
  helper: keyof typeof helpers = existsSync(perl) ? 'perl' : 'node',
): Promise<Record<Name, number | undefined>> {
  const names = Object.keys(kinds) as Name[]
  const words = names.map((name) => {
    const { family, type, protocol } = kinds[name]
    return `${family},${type | SOCK_NONBLOCK},${protocol}`
  })
  const [file = '', ...args] = [...entry.words, ...helpers[helper](), ...words]
  const running = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe', ...entry.fds],
    env: { PATH: toolPath },
    cwd: '/',
    timeout: answerMs,
    killSignal: 'SIGKILL',
  })
  try {
    const { out, complaint } = await answerOf(running)
    const theirs = out.trim().split('\n').slice(0, -1).map(Number)
    if (!out.endsWith('end\n') || theirs.length !== names.length || running.pid === undefined) {
      throw cannot(complaint.trim() || 'The helper that makes its sockets ended early.')
    }
    return take(kernel, running.pid, names, theirs)
  } finally {
    running.kill('SIGKILL')
  }
}

function answerOf(helper: ChildProcess): Promise<{ out: string; complaint: string }> {
  return new Promise((resolve) => {
    let out = ''
    let complaint = ''
    const end = () => resolve({ out, complaint })
    helper.stdout?.on('data', (bytes: Buffer) => {
      out += bytes.toString()
      if (out.endsWith('end\n')) end()
    })
    helper.stderr?.on('data', (bytes: Buffer) => {
      if (complaint.length < 4000) complaint += bytes.toString()
    })
    helper.once('error', (error) => {
      complaint ||= error.message
      end()
    })
    helper.once('close', end)
  })
}

function take<Name extends string>(
  kernel: Kernel,
  pid: number,
  names: readonly Name[],
  theirs: readonly number[],
): Record<Name, number | undefined> {
  const taken: number[] = []
  let pidFd: number | undefined
  try {
    const holder = kernel.syscall('pidfd_open', systemCallNumber('pidfd_open'), pid, 0)
    pidFd = holder
    const ours = names.map((name, i) => {
      const fd = theirs[i] ?? -1
      if (fd < 0) return [name, undefined] as const
      const own = kernel.syscall('pidfd_getfd', systemCallNumber('pidfd_getfd'), holder, fd, 0)
      taken.push(own)
      return [name, own] as const
    })
    return Object.fromEntries(ours) as Record<Name, number | undefined>
  } catch (error) {
    for (const fd of taken) closeSync(fd)
    if (!(error instanceof SystemCallError)) throw error
    throw cannot(
      `${error.message}: the kernel is older than 5.6, or its Yama setting (kernel.yama.ptrace_scope) is 3.`,
      error,
    )
  } finally {
    if (pidFd !== undefined) closeSync(pidFd)
  }
}

function cannot(why: string, cause?: unknown): OperatorError {
  return new OperatorError('environment', {
    what: 'The network of the sandbox could not be set up.',
    why,
    fix: 'Run vigiles doctor: it says what this machine lacks. As root, no helper is needed.',
    ...(cause !== undefined && { cause }),
  })
}
