// A sandbox on Linux: namespaces held open, a network that ends at the gateway, and a unit of its own for every call.

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { BoxNetwork } from '../schema/box-network.ts'
import { type BoxGroup, cgroup2Mount, openBoxGroup } from './cgroups.ts'
import { startHolder } from './holder.ts'
import { kernel } from './kernel.ts'
import { boxNetwork, listenerPort, openNetworkFds } from './network-port.ts'
import { rulesText } from './rules.ts'
import { setUpNetwork, tellNft, toolPath } from './set-up.ts'
import { elementsOf, makeUnits, type Unit, unitPool } from './units.ts'

export interface BoxOptions {
  /** Unique on this machine while it lives: names the control group. */
  readonly name: string
  /** Arguments of the bubblewrap that makes the namespaces and the file system; see mounts.ts. */
  readonly holderArguments: readonly string[]
  /** Arguments of the bubblewrap that each command enters through. */
  readonly execArguments: (request: ExecRequest) => {
    readonly arguments: readonly string[]
    readonly fds: readonly number[]
  }
  /** Who the agent is. */
  readonly uid: number
  readonly gid: number
}

export interface ExecRequest {
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly stdio: StdioOptions
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
  /** Starts a command in a unit of its own. */
  exec(request: ExecRequest): Promise<RunningExec>
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
      async exec(request) {
        const unit = await units.take()
        const { arguments: inner, fds: more } = options.execArguments(request)
        const stdio = typeof request.stdio === 'string' ? Array(3).fill(request.stdio) : request.stdio
        const child = spawn(
          '/bin/sh',
          enterScript(unit, holder.pid, options, [...inner, '--', ...request.command]),
          {
            stdio: [...stdio, userFd, ...more],
            env: { ...request.env, PATH: request.env.PATH ?? toolPath },
            cwd: '/',
          },
        )
        const exited = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((resolve) => {
          child.once('error', () => resolve({ exitCode: 127, signal: null }))
          child.once('close', (exitCode, signal) => resolve({ exitCode, signal }))
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
function enterScript(unit: Unit, pid: number, { uid, gid }: BoxOptions, inner: readonly string[]): string[] {
  const script = `trap '' INT QUIT HUP TERM; echo 0 > "$0/cgroup.procs" && exec ${toolPathed('setpriv')} --reuid ${uid} --regid ${gid} --clear-groups --no-new-privs ${toolPathed('nsenter')} --user=/proc/self/fd/${userNamespaceFd} --target ${pid} --preserve-credentials --mount --pid --net --ipc --uts "$@"`
  return ['-c', script, unit.group.path, 'bwrap', ...inner]
}

function toolPathed(tool: string): string {
  return `/usr/bin/${tool}`
}

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
