// Mounts that show the files of one user as another's, so that an agent without root can work in root's folder.

import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { BoundedMap } from '../base/bounded-map.ts'
import { OperatorError } from '../base/errors.ts'
import { kernel, littleEndian } from './kernel.ts'
import { systemCallNumber } from './system-calls.ts'

export interface Ids {
  readonly uid: number
  readonly gid: number
}

const AT_FDCWD = -100
const AT_EMPTY_PATH = 0x1000
const AT_RECURSIVE = 0x8000
const OPEN_TREE_CLONE = 1
const O_CLOEXEC = 0o2000000
const MOVE_MOUNT_F_EMPTY_PATH = 4
const MOUNT_ATTR_IDMAP = 0x00100000
const MS_PRIVATE = 1 << 18

/**
 * Attaches a copy of the tree at `source` to the existing `target`; needs root. Throws SystemCallError. False: what is
 * mounted below `source` could not be mapped and keeps its owners.
 */
export function mountTree(source: string, target: string, mapFd?: number): boolean {
  const calls = kernel()
  const tree = openTree(source)
  try {
    // Cut off from the original, so that what is mounted there later does not show up here.
    setAttributes(tree, AT_RECURSIVE, { propagation: MS_PRIVATE })
    const whole = mapFd === undefined || mapOwners(tree, mapFd)
    calls.syscall(
      'move_mount',
      systemCallNumber('move_mount'),
      tree,
      '',
      AT_FDCWD,
      target,
      MOVE_MOUNT_F_EMPTY_PATH,
    )
    return whole
  } finally {
    closeSync(tree)
  }
}

function mapOwners(tree: number, mapFd: number): boolean {
  try {
    setAttributes(tree, AT_RECURSIVE, { mapFd })
    return true
  } catch (error) {
    try {
      setAttributes(tree, 0, { mapFd })
      return false
    } catch {
      throw error
    }
  }
}

/** `struct mount_attr`: attr_set, attr_clr, propagation, userns_fd, 8 bytes each. */
function setAttributes(
  tree: number,
  flags: number,
  { propagation = 0, mapFd }: { propagation?: number; mapFd?: number },
): void {
  const bytes = new Uint8Array(32)
  const view = new DataView(bytes.buffer)
  if (mapFd !== undefined) view.setBigUint64(0, BigInt(MOUNT_ATTR_IDMAP), littleEndian)
  view.setBigUint64(16, BigInt(propagation), littleEndian)
  view.setBigUint64(24, BigInt(mapFd ?? 0), littleEndian)
  kernel().syscall(
    'mount_setattr',
    systemCallNumber('mount_setattr'),
    tree,
    '',
    AT_EMPTY_PATH | flags,
    bytes,
    bytes.length,
  )
}

/**
 * A user namespace in which `from` and `to` have changed places, as a file descriptor that the caller closes. Needs root.
 * Throws {@link OperatorError}.
 */
export async function openIdMap(from: Ids, to: Ids): Promise<number> {
  const key = [from.uid, from.gid, to.uid, to.gid].join()
  const known = made.get(key) ?? makeIdMap(from, to)
  made.set(key, known)
  try {
    return openSync(`/proc/self/fd/${await known}`, 'r')
  } catch (error) {
    made.delete(key)
    throw error
  }
}

/** Of this process: the next sandbox of the same owner and agent needs the same one. The oldest makes room. */
const made = new BoundedMap<string, Promise<number>>(16, (_, fd) => void fd.then(closeSync, () => {}))

async function makeIdMap(from: Ids, to: Ids): Promise<number> {
  // The word says that the namespace exists; it is given its map from outside and ends when its input does.
  const child = spawn('unshare', ['--user', '--', 'sh', '-c', 'echo made; cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  })
  try {
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve())
      child.once('error', reject)
      child.once('close', () => reject(new Error('unshare --user ended')))
    })
    const own = (kind: string) => readFileSync(`/proc/self/${kind}_map`, 'utf8')
    writeFileSync(`/proc/${child.pid}/uid_map`, idMapText(from.uid, to.uid, own('uid')))
    writeFileSync(`/proc/${child.pid}/gid_map`, idMapText(from.gid, to.gid, own('gid')))
    return openSync(`/proc/${child.pid}/ns/user`, 'r')
  } catch (cause) {
    throw new OperatorError('environment', {
      what: "The folder's files could not be shown as the agent's own.",
      why: `A user namespace for that could not be made: ${cause instanceof Error ? cause.message : cause}.`,
      fix: 'Start vigiles as the user who owns the folder.',
      cause,
    })
  } finally {
    child.kill('SIGKILL')
  }
}

/**
 * Text of a `uid_map`: every id as itself, but `from` and `to` swapped. `own` is the map of the namespace that we are in
 * (`0 0 4294967295` outside of containers): other ids can't be named.
 */
export function idMapText(from: number, to: number, own: string): string {
  const lines: string[] = []
  const line = (inside: number, outside: number, count: number) => {
    if (count > 0) lines.push(`${inside} ${outside} ${count}`)
  }
  const [low, high] = from < to ? [from, to] : [to, from]
  for (const range of own.trim().split('\n')) {
    const [first = 0, , count = 0] = range.trim().split(/\s+/).map(Number)
    let at = first
    const end = first + count
    for (const id of low === high ? [] : [low, high]) {
      if (id < at || id >= end) continue
      line(at, at, id - at)
      line(id, id === low ? high : low, 1)
      at = id + 1
    }
    line(at, at, end - at)
  }
  return `${lines.join('\n')}\n`
}

/** Undefined when the folder's files can be shown as another user's; else what the kernel says. Needs root. */
export async function tryIdMap(folder: string): Promise<string | undefined> {
  let map: number | undefined
  let tree: number | undefined
  try {
    map = await openIdMap({ uid: 0, gid: 0 }, { uid: 1, gid: 1 })
    tree = openTree(folder)
    mapOwners(tree, map)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    for (const fd of [map, tree]) if (fd !== undefined) closeSync(fd)
  }
}

/** A copy of the tree that is attached nowhere. */
function openTree(source: string): number {
  return kernel().syscall(
    'open_tree',
    systemCallNumber('open_tree'),
    AT_FDCWD,
    source,
    OPEN_TREE_CLONE | AT_RECURSIVE | O_CLOEXEC,
  )
}
