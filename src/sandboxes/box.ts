// A sandbox on Linux: namespaces held open, a network that ends at the gateway, and a unit of its own for every call.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from '../base/assert.ts'
import { OperatorError } from '../base/errors.ts'
import { unwind } from '../base/unwind.ts'
import type { BoxNetwork } from '../schema/box-network.ts'
import type { CallLookUp } from './calls.ts'
import { type GroupCalls, prepareGroupCalls } from './calls-by-group.ts'
import { type BoxGroup, groupPlace, wakeGroups } from './cgroups.ts'
import { firstText, startHolder } from './holder.ts'
import { type Kernel, kernel, SystemCallError } from './kernel.ts'
import { boxNetwork, listenerPort, makeSockets, openNetworkFds, socketKinds } from './network-port.ts'
import { childrenOf } from './process-tree.ts'
import { rulesText } from './rules.ts'
import { type NetworkEntry, networkEntry, setUpNetwork, toolPath } from './set-up.ts'
import { type SocketTuple, socketInode } from './sockets.ts'
import { systemCallNumber } from './system-calls.ts'
import type { Unit } from './units.ts'

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
  /** Fail where calls can have no control groups, instead of telling them apart by their namespaces alone. */
  readonly groupsNeeded?: boolean
  /** Ports whose datagrams the gateway may relay; see rules.ts. */
  readonly relayedUdp?: readonly { readonly from: number; readonly to: number }[]
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
  /** It ended, and so did all that could still write to its streams. */
  readonly closed: Promise<void>
}

export interface Box {
  /** `root`: a control group for every call, made by root. */
  readonly tier: 'root' | 'user'
  readonly network: BoxNetwork
  readonly group: BoxGroup
  /** The first process inside, as seen from outside. */
  readonly pid: number
  /** Inode of the socket of a flow, as /proc names it; undefined when it is gone. */
  inodeOf(tuple: SocketTuple): number | undefined
  /** Where the kernel marks no packets: asked for each first one. */
  readonly lookUp?: Pick<CallLookUp, 'unitOf' | 'holderOf'>
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

/**
 * As root, and as an ordinary user where the kernel lets one make user namespaces. Throws OperatorError with what
 * failed; nothing is left behind then.
 */
export async function openBox(options: BoxOptions): Promise<Box> {
  const root = process.getuid?.() === 0
  const calls = kernel()
  keepDescriptors(calls)
  const undo: (() => unknown)[] = []
  try {
    const prepared = groupsFor(options.name, root)
    if (prepared) undo.push(() => prepared.group.close())
    else if (options.groupsNeeded) throw noGroups('No group may be made by this user.')
    let entered = prepared === undefined
    undo.push(() => {
      entered = true
    })
    if (prepared) void wakeGroups(() => entered)
    let network: Network | undefined
    const holder = await startHolder({
      arguments: options.holderArguments,
      uid: options.uid,
      gid: options.gid,
      // While bubblewrap makes its mounts, the network is made: they do not need each other.
      onNamespaces(pid) {
        const opened = openNetwork(calls, pid, root)
        network = opened
        undo.push(() => opened.close())
        opened.ready = opened.enterable
          .then(() => loopbackMade(pid))
          .then(() => applyRules(opened.entry, prepared, options))
        opened.ready.catch(() => {})
      },
    })
    undo.push(() => holder.close())
    assert(network !== undefined, 'the namespaces were told of before the file system was ready')
    const { entry, ownerFd, sockets } = network
    const byGroup = await network.ready
    const fds = openNetworkFds(calls, await sockets)
    const port = boxNetwork(calls, fds)
    undo.push(() => port.close())
    const inodeOf = (tuple: SocketTuple) => socketInode(calls, fds.socketDiag, tuple)
    const { pid } = holder
    const units =
      byGroup?.open(entry) ??
      (await import('./calls-by-namespace.ts')).openNamespaceCalls(calls, { ownerFd, pid, inodeOf })
    const { group, lookUp } = units
    if (!byGroup) undo.push(() => group.close())
    return {
      tier: root && byGroup ? 'root' : 'user',
      network: port,
      group,
      ended: holder.ended,
      pid,
      inodeOf,
      ...(lookUp && { lookUp }),
      async exec(request, onUnit) {
        const unit = await units.take()
        try {
          onUnit?.(unit)
        } catch (error) {
          units.release(unit)
          throw error
        }
        const inner = options.execArguments(request, userNamespaceFd + 1)
        const heldFd = userNamespaceFd + 1 + inner.fds.length
        const held = lookUp
          ? ['--info-fd', String(heldFd), '--block-fd', String(heldFd + 1)]
          : closedByBubblewrap
        const close = lookUp ? closedByShell : []
        const command = [...close, ...defaultSignals, ...options.prefix, ...request.command]
        const words = [...held, ...inner.arguments, '--', ...command]
        const groups = [...units.entryFiles(unit), ...options.groupFiles]
        entered = true
        const child = spawn('/bin/sh', enterWords(groups, pid, root ? options : undefined, words), {
          stdio: [...request.stdio, ownerFd, ...inner.fds, ...(lookUp ? (['pipe', 'pipe'] as const) : [])],
          env: { PATH: toolPath },
          cwd: '/',
        })
        inner.release()
        const exited = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((resolve) => {
          child.once('error', () => resolve({ exitCode: 127, signal: null }))
          child.once('exit', (exitCode, signal) => {
            lookUp?.ended(unit)
            resolve({ exitCode, signal })
          })
        })
        const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
        if (lookUp)
          await letGo(child, heldFd, (waiting, inside) => lookUp.started(unit, { waiting, command: inside }))
        return { unit, child, exited, closed, commandPid: () => grandchild(child.pid) }
      },
      release: units.release,
      close: () => unwind(undo),
    }
  } catch (error) {
    await unwind(undo)
    throw error
  }
}

const CLOSE_RANGE_CLOEXEC = 4

/** What a shell or an editor left open in us is not for the agent; Node itself leaves nothing to its children. */
function keepDescriptors(calls: Kernel): void {
  try {
    calls.syscall('close_range', systemCallNumber('close_range'), 3, 0xffff_ffff, CLOSE_RANGE_CLOEXEC)
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error // Older than Linux 5.11.
  }
}

/** Undefined: calls are told apart by their namespaces. */
function groupsFor(name: string, root: boolean): GroupCalls | undefined {
  const place = groupPlace(root)
  if (!place) return undefined
  try {
    return prepareGroupCalls(place, name)
  } catch {
    return undefined // They may not be made, or not here.
  }
}

/** Without the groups where nft does not know them (`socket cgroupv2` came with Linux 5.13); gives those that hold. */
async function applyRules(
  entry: NetworkEntry,
  groups: GroupCalls | undefined,
  { groupsNeeded: needed, relayedUdp = [] }: BoxOptions,
): Promise<GroupCalls | undefined> {
  const bare = () => rulesText({ listenerPort, calls: undefined, relayedUdp })
  if (!groups) {
    await setUpNetwork(entry, bare(), undefined)
    return undefined
  }
  try {
    await setUpNetwork(entry, rulesText({ listenerPort, calls: groups.rules, relayedUdp }), groups.mount)
    return groups
  } catch (error) {
    if (needed) throw noGroups(error instanceof OperatorError ? (error.why ?? '') : String(error))
    await setUpNetwork(entry, bare(), undefined)
    return undefined
  }
}

function noGroups(why: string): OperatorError {
  return new OperatorError('environment', {
    what: 'The policy requires control groups, and calls cannot have them here.',
    why,
    fix: 'Start vigiles as root or with systemd-run --user --scope -p Delegate=yes; vigiles doctor says more.',
  })
}

interface Network {
  readonly entry: NetworkEntry
  readonly ownerFd: number
  /** Resolves when a program may enter and keep its rights. */
  readonly enterable: Promise<void>
  readonly sockets: Promise<ReturnType<typeof makeSockets>>
  ready: Promise<GroupCalls | undefined>
  close(): void
}

function openNetwork(calls: Kernel, pid: number, root: boolean): Network {
  const networkFd = openSync(`/proc/${pid}/ns/net`, 'r')
  const ownerFd = calls.ownerNamespace(networkFd)
  const entry = networkEntry(networkFd, ownerFd, root)
  const enterable = root ? Promise.resolve() : mapped(pid)
  const sockets = root
    ? Promise.resolve(calls.inNetwork(networkFd, () => makeSockets(calls)))
    : enterable.then(async () =>
        (await import('./borrowed-sockets.ts')).borrowSockets(calls, entry, socketKinds),
      )
  sockets.catch(() => {})
  return {
    entry,
    ownerFd,
    enterable,
    sockets,
    ready: Promise.resolve(undefined),
    close() {
      closeSync(networkFd)
      closeSync(ownerFd)
    },
  }
}

/**
 * Before the namespace has its map of users, who enters is nobody there, and loses all rights with the first program.
 * Where that does not come to pass, bubblewrap fails by itself and says why.
 */
async function mapped(pid: number): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    const map = await readFile(`/proc/${pid}/uid_map`, 'latin1').catch(() => '')
    if (map !== '') return
    await sleep(1)
  }
}

/**
 * bubblewrap gives loopback its address, and fails where it has it already; a link that was brought up by others has.
 * Where that does not come to pass, bubblewrap fails by itself and says why.
 */
async function loopbackMade(pid: number): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    const routes = await readFile(`/proc/${pid}/net/fib_trie`, 'latin1').catch(() => '')
    if (routes.includes('127.0.0.1')) return
    await sleep(1)
  }
}

/**
 * bubblewrap says on one pipe that the command's namespace is there, and waits on the other one before it runs the
 * command: no instruction of it runs before its namespace is known. Where bubblewrap fails, it says so by itself.
 */
async function letGo(
  child: ChildProcess,
  infoFd: number,
  started: (waiting: number, command: number) => boolean,
): Promise<void> {
  const info = child.stdio[infoFd] as Readable | undefined
  const go = child.stdio[infoFd + 1] as Writable | undefined
  go?.on('error', () => {}) // It ended meanwhile.
  if (!info || !go || (await firstText(info, (text) => text.includes('}'))) === undefined) return
  info.destroy()
  const command = grandchild(child.pid)
  if (child.pid !== undefined && command !== undefined && started(child.pid, command)) {
    // Its end is seen by nobody who does not read.
    go.end('.', () => go.destroy())
    return
  }
  // Not the other way round: at the end of the pipe the command would run.
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await ended
  go.destroy()
  throw new OperatorError('environment', {
    what: 'The command was not started: its user namespace could not be told from others.',
    why: '/proc may hide the processes of the sandbox (CONFIG_PROC_CHILDREN, hidepid).',
    fix: 'Run vigiles doctor, or start vigiles as root.',
  })
}

/**
 * Into the call's groups, then to the agent's uid if we are root, then into the namespaces, then through a bubblewrap
 * that drops what is left. Terminal signals are ignored on the way down, so that the waiting parents survive them, and
 * are back at their defaults for the command.
 */
function enterWords(
  groups: readonly string[],
  pid: number,
  become: { readonly uid: number; readonly gid: number } | undefined,
  inner: readonly string[],
): string[] {
  const script = [
    "trap '' INT QUIT HUP TERM TSTP",
    // From `$1` on: the groups to enter, then a lone dash, then what to run.
    'while [ "$1" != - ]; do echo 0 > "$1" || exit 126; shift; done; shift',
    'exec "$@"',
  ].join('\n')
  const drop = become && [
    ...['setpriv', '--reuid', String(become.uid), '--regid', String(become.gid)],
    // Frozen when we are killed, it would wait for ever for what has ended.
    ...['--clear-groups', '--no-new-privs', '--pdeathsig', 'KILL'],
  ]
  const enter = ['nsenter', `--user=/proc/self/fd/${userNamespaceFd}`, '--target', String(pid)]
  const spaces = ['--preserve-credentials', '--mount', '--pid', '--net', '--ipc', '--uts']
  return ['-c', script, 'sh', ...groups, '-', ...(drop ?? []), ...enter, ...spaces, 'bwrap', ...inner]
}

/** Signals were ignored on the way in, and what is ignored is inherited: the command gets its defaults back. */
const defaultSignals = ['/usr/bin/env', '--default-signal=INT,QUIT,HUP,TERM,TSTP', '--']

/**
 * The namespace that was entered is not to stay open in the command. bubblewrap closes what it has waited on, and to
 * read from a namespace fails at once; where it waits for something else, a shell does it, a millisecond later.
 */
const closedByBubblewrap = ['--block-fd', String(userNamespaceFd)]
const closedByShell = ['/bin/sh', '-c', `exec ${userNamespaceFd}<&-; exec "$@"`, 'sh']

/** nsenter waits for bubblewrap, bubblewrap for the command. */
function grandchild(pid: number | undefined): number | undefined {
  const child = pid === undefined ? undefined : childrenOf(pid)[0]
  return child === undefined ? undefined : childrenOf(child)[0]
}
