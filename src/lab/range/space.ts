// One closed space: a network, mount and process namespace of its own, without a name on the machine.
//
// Its first process waits on a pipe from us. When we end, however we end (also by SIGKILL), the pipe closes, that
// process ends, and the kernel ends every other process in the space and takes its network apart.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { npmFolder } from '../can-run.ts'
import { run } from './run-command.ts'

/** Runs as process 1. Bash, because it reaps whatever is orphaned into the space. */
const firstProcess = `
set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/vg
if [ -n "$VG_NODE" ]; then : > /run/vg/node; mount --bind "$VG_NODE" /run/vg/node; fi
if [ -n "$VG_NPM" ]; then mkdir /run/vg/npm; mount --bind "$VG_NPM" /run/vg/npm; fi
if [ -n "$VG_BOX" ]; then
  mount -t tmpfs -o mode=755,size=256m tmpfs /home
  mount -t tmpfs -o mode=1777,size=256m tmpfs /tmp
fi
echo "$1" > /proc/sys/kernel/hostname
ip link set lo up
echo ready
exec -a init bash -c 'while read -r line; do :; done' "$0"
`

export interface Space {
  readonly name: string
  /** Process 1 of the space, as the machine numbers it. */
  readonly pid: number
  /** Puts a file into the space's own /run. */
  write(path: string, content: string, mode?: number): void
  /** argv that runs a program in the network and mounts of the space, and among its processes. */
  inside(argv: readonly string[]): [string, string[]]
  /** Runs a short administrative command inside and gives its stdout; throws with its stderr. */
  run(argv: readonly string[], input?: string): Promise<string>
  /** Starts a long-lived program inside; it ends with the space. */
  start(argv: readonly string[], env?: Record<string, string>): ChildProcess
  close(): Promise<void>
}

/** Opens a space. `box` hides the machine's /home and /tmp behind empty ones. Wants root. */
export async function openSpace(name: string, hostname: string, kind: 'box' | 'machine'): Promise<Space> {
  const child = spawn(
    'unshare',
    [
      '--net',
      '--mount',
      '--uts',
      '--pid',
      '--fork',
      '--mount-proc',
      'bash',
      '-c',
      firstProcess,
      name,
      hostname,
    ],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true, // ^C is for us; we then end the space.
      env: {
        PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin',
        VG_NODE: process.execPath,
        VG_NPM: kind === 'box' ? (npmFolder() ?? '') : '',
        VG_BOX: kind === 'box' ? '1' : '',
      },
    },
  )
  let complaint = ''
  child.stderr.on('data', (data: Buffer) => {
    complaint = (complaint + data.toString()).slice(-2000)
  })
  child.stdin.on('error', () => {})
  const ended = once(child, 'exit')
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => {
      throw new Error(`the namespace ${name} did not open: ${complaint.trim()}`)
    }),
    once(child, 'error').then(([error]) => {
      throw error
    }),
  ])
  const pid = firstChild(child.pid!)
  const network = networkOf(pid)
  const target = ['-t', String(pid), '-n', '-m', '-u', '-p', '--']
  function inside(argv: readonly string[]): [string, string[]] {
    return ['nsenter', [...target, ...argv]]
  }
  return {
    name,
    pid,
    inside,
    write(path, content, mode = 0o644) {
      const real = `/proc/${pid}/root${path}`
      mkdirSync(dirname(real), { recursive: true })
      writeFileSync(real, content, { mode })
    },
    run(argv, input) {
      return run(...inside(argv), input)
    },
    start(argv, env) {
      const started = spawn(...inside(argv), {
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env },
      })
      started.on('error', () => {})
      return started
    },
    async close() {
      child.stdin.destroy()
      // The number may have passed to a stranger: only the process that holds our network is ours.
      try {
        if (networkOf(pid) === network) process.kill(pid, 'SIGKILL')
      } catch {} // It ended by itself just now.
      await ended
    },
  }
}

function firstChild(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  const first = Number(children[0])
  if (!(first > 0)) throw new Error(`process ${pid} has no child yet`)
  return first
}

function networkOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return undefined // It has ended.
  }
}
