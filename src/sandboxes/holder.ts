// The process that keeps a sandbox's namespaces alive. It waits; commands enter the namespaces beside it.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { OperatorError } from '../base/errors.ts'

export interface Holder {
  /** Process id, as seen from outside, of the first process inside; names the namespaces under /proc. */
  readonly pid: number
  readonly process: ChildProcess
  /** Resolves when it ended, with what it wrote to its standard error. */
  readonly ended: Promise<string>
  /** Ends all that is in the sandbox. */
  close(): Promise<void>
}

export interface HolderOptions {
  /** Arguments of bubblewrap, up to the command. */
  readonly arguments: readonly string[]
  /** Who it runs as; only root may name another than itself. */
  readonly uid: number
  readonly gid: number
  /** Called once the namespaces exist, before the file system of the sandbox is ready. */
  readonly onNamespaces?: (pid: number) => void
}

const startMs = 10_000
const complaintBytesMax = 4000
/**
 * The word on standard output says that all mounts are made: what enters before would see half of them. What holds the
 * sandbox is its first process, as no signal from inside can end that; the ends of those without a parent are ignored,
 * so that they leave nothing behind.
 */
const holding = 'echo ready; exec env --ignore-signal=CHLD sleep infinity'

/** Resolves when the sandbox's file system is in place. Throws {@link OperatorError} with bubblewrap's own words. */
export async function startHolder(options: HolderOptions): Promise<Holder> {
  const own = process.getuid?.() === options.uid
  const child = spawn(
    'bwrap',
    ['--info-fd', '3', '--as-pid-1', ...options.arguments, '--', '/bin/sh', '-c', holding],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      cwd: '/',
      // What a terminal sends to our group, ^C first of all, is for the command: the sandbox must outlive it.
      detached: true,
      ...(!own && { uid: options.uid, gid: options.gid }),
    },
  )
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    if (complaint.length < complaintBytesMax) complaint += chunk.toString()
  })
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', () => resolve(complaint.trim()))
  })
  const fail = async () => {
    child.kill('SIGKILL')
    const why = await ended
    throw new OperatorError('environment', {
      what: 'The sandbox could not be made.',
      why: why === '' ? `bubblewrap did not answer within ${startMs / 1000} s.` : `bubblewrap says: ${why}`,
      fix: 'Run vigiles doctor: it says what this machine lacks.',
    })
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), startMs)
  try {
    const info = await firstText(child.stdio[3] as Readable, (text) => text.includes('}'))
    const pid = info === undefined ? undefined : Number(/"child-pid":\s*(\d+)/.exec(info)?.[1])
    if (pid === undefined || !Number.isSafeInteger(pid)) return await fail()
    options.onNamespaces?.(pid)
    if ((await firstText(child.stdout as Readable, (text) => text.includes('ready'))) === undefined) {
      return await fail()
    }
    return {
      pid,
      process: child,
      ended,
      async close() {
        child.kill('SIGKILL')
        await ended
      },
    }
  } finally {
    clearTimeout(timer)
  }
}

/** What comes until `enough`; undefined when it ends before. */
export function firstText(stream: Readable, enough: (text: string) => boolean): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = ''
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (enough(text)) resolve(text)
    })
    stream.once('close', () => resolve(undefined))
    stream.once('error', () => resolve(undefined))
  })
}
