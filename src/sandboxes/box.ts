// A sandbox on Linux: namespaces held open, a network that ends at the gateway, and a unit of its own for every call.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { BoxNetwork } from '../schema/box-network.ts'
import { type BoxGroup, cgroup2Mount, openBoxGroup } from './cgroups.ts'
import { startHolder } from './holder.ts'
import { kernel } from './kernel.ts'
import { boxNetwork, listenerPort, openNetworkFds } from './network-port.ts'
import { rulesText } from './rules.ts'
import { setUpNetwork, tellNft, toolPath } from './set-up.ts'
import { type SocketTuple, socketInode } from './sockets.ts'
import { elementsOf, makeUnits, type Unit, unitPool } from './units.ts'

export interface BoxOptions {
  /** Unique on this machine while it lives: names the control group. */
  readonly name: string
  /** Arguments of the bubblewrap that makes the namespaces and the file system; see mounts.ts. */
  readonly holderArguments: readonly string[]
  /** Arguments of the bubblewrap that each command enters through. */
  readonly execArguments: (
    request: ExecRequest,
    /** The first descriptor that is free for it in the command's process. */
    firstFd: number,
  ) => {
    readonly arguments: readonly string[]
    readonly fds: readonly number[]
    /** To be called when the command has them. */
    release(): void
  }
  /** Further groups that each command enters: of limits. */
  readonly groupFiles: readonly string[]
  /** Words before the command: of limits that no group holds. */
  readonly prefix: readonly string[]
  /** Who the agent is. */
  readonly uid: number
  readonly gid: number
}

export interface ExecRequest {
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly stdio: readonly ('pipe' | 'inherit' | 'ignore')[]
}

export interface RunningExec {
  readonly unit: Unit
  readonly child: ChildProcess
  /** Process id of the command itself, as seen from outside; undefined before it runs and after it ended. */
  commandPid(): number | undefined
  readonly exited: Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>
}

export interface Box {
  readonly network: BoxNetwork
  readonly group: BoxGroup
  /** The first process inside, as seen from outside. */
  readonly pid: number
  /** Inode of the socket of a flow, as /proc names it; undefined when it is gone. */
  inodeOf(tuple: SocketTuple): number | undefined
  /** Starts a command in a unit of its own; `onUnit` hears of the unit before anything runs in it. */
  exec(request: ExecRequest, onUnit?: (unit: Unit) => void): Promise<RunningExec>
  /** To be called when nothing of the unit is needed any more. */
  release(unit: Unit): void
  /** Resolves when the sandbox itself ended, whatever the reason. */
  readonly ended: Promise<string>
  close(): Promise<void>
}

/** The first file descriptor after the standard ones: the user namespace to enter. */
const userNamespaceFd = 3

/** Needs root. Throws OperatorError with what failed; nothing is left behind then. */
export async function openBox(options: BoxOptions): Promise<Box> {
  const mount = cgroup2Mount()
  if (mount === undefined) throw new Error('cgroup v2 is not mounted')
  const group = openBoxGroup(mount, options.name)
  const undo: (() => unknown)[] = [() => group.close()]
  try {
    const first = makeUnits(group, 1)
    const calls = kernel()
    const privateCgroups = mount !== '/sys/fs/cgroup'
    const rules = rulesText({ listenerPort, calls: elementsOf(first) })
    let ruled: Promise<void> | undefined
    const holder = await startHolder({
      arguments: options.holderArguments,
      uid: options.uid,
      gid: options.gid,
      // While bubblewrap makes its mounts, the network is made: they do not need each other.
      onNamespaces(pid) {
        ruled = setUpNetwork(enterNetwork(pid), rules, privateCgroups)
        ruled.catch(() => {})
      },
    })
    undo.push(() => holder.close())
    await ruled
    const networkFd = openSync(`/proc/${holder.pid}/ns/net`, 'r')
    const userFd = calls.ownerNamespace(networkFd)
    undo.push(() => closeSync(userFd))
    const fds = calls.inNetwork(networkFd, () => openNetworkFds(calls))
    closeSync(networkFd)
    const network = boxNetwork(calls, fds, holder.process.stdout as Socket)
    undo.push(() => network.close())
    const units = unitPool(group, first, (text) => tellNft(enterNetwork(holder.pid), text, privateCgroups))
    return {
      network,
      group,
      ended: holder.ended,
      pid: holder.pid,
      inodeOf: (tuple) => socketInode(calls, fds.socketDiag, tuple),
      async exec(request, onUnit) {
        const unit = await units.take()
        onUnit?.(unit)
        const inner = options.execArguments(request, userNamespaceFd + 1)
        const words = [...inner.arguments, '--', ...defaultSignals, ...options.prefix, ...request.command]
        const child = spawn('/bin/sh', enterWords(unit, holder.pid, options, words), {
          stdio: [...request.stdio, userFd, ...inner.fds],
          env: { PATH: toolPath },
          cwd: '/',
        })
        inner.release()
        const exited = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((resolve) => {
          child.once('error', () => resolve({ exitCode: 127, signal: null }))
          child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
        })
        return { unit, child, exited, commandPid: () => grandchild(child.pid) }
      },
      release: units.release,
      close: () => unwind(undo),
    }
  } catch (error) {
    await unwind(undo)
    throw error
  }
}

/** As root of the machine the network namespace alone is enough. */
function enterNetwork(pid: number): string[] {
  return ['nsenter', `--net=/proc/${pid}/ns/net`]
}

/**
 * Into the unit's group, then to the agent's uid, then into the namespaces, then through a bubblewrap that drops what
 * is left. Terminal signals are ignored on the way down, so that the waiting parents survive them, and are back at
 * their defaults for the command.
 */
function enterWords(unit: Unit, pid: number, options: BoxOptions, inner: readonly string[]): string[] {
  const { uid, gid, groupFiles } = options
  const script = [
    "trap '' INT QUIT HUP TERM",
    // From `$1` on: the groups to enter, then a lone dash, then what to run.
    'while [ "$1" != - ]; do echo 0 > "$1" || exit 126; shift; done; shift',
    'exec "$@"',
  ].join('\n')
  const groups = [join(unit.group.path, 'cgroup.procs'), ...groupFiles]
  const drop = ['setpriv', '--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--no-new-privs']
  const enter = ['nsenter', `--user=/proc/self/fd/${userNamespaceFd}`, '--target', String(pid)]
  const spaces = ['--preserve-credentials', '--mount', '--pid', '--net', '--ipc', '--uts']
  return ['-c', script, 'sh', ...groups, '-', ...drop, ...enter, ...spaces, 'bwrap', ...inner]
}

/** Signals were ignored on the way in, and what is ignored is inherited: the command gets its defaults back. */
const defaultSignals = ['/usr/bin/env', '--default-signal=INT,QUIT,HUP,TERM', '--']

/** nsenter waits for bubblewrap, bubblewrap for the command. */
function grandchild(pid: number | undefined): number | undefined {
  const child = pid === undefined ? undefined : firstChild(pid)
  return child === undefined ? undefined : firstChild(child)
}

function firstChild(pid: number): number | undefined {
  try {
    const first = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]
    return first ? Number(first) : undefined
  } catch {
    return undefined
  }
}

/** Last made, first undone; one that fails does not keep the others. */
async function unwind(undo: (() => unknown)[]): Promise<void> {
  for (const step of undo.splice(0).reverse()) {
    try {
      await step()
    } catch {}
  }
}
