// Which process has a socket, and by it which call, where the kernel does not say it with the packet.
//
// A first packet is held back until it is decided, so its socket still waits: the kernel gives the socket's number, and
// one of the sandbox's processes has it among its descriptors. It is the process's namespace that tells the call,
// nothing that it says of itself. A socket that is closed before it is looked for belongs to nobody.

import { closeSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { quietly } from '../base/quietly.ts'
import type { Kernel } from './kernel.ts'
import { processState } from './process-tree.ts'
import type { SocketTuple } from './sockets.ts'
import { systemCallNumber } from './system-calls.ts'

export interface SocketOwner {
  readonly call: number
  readonly pid: number
}

export interface SocketOwnersOptions {
  readonly kernel: Kernel
  readonly inodeOf: (tuple: SocketTuple) => number | undefined
  /** Process ids in the sandbox, looked up anew. */
  readonly processes: () => readonly number[]
  /** 0 for none. */
  readonly callOf: (pid: number) => number
  /** Milliseconds, ever growing. */
  readonly now: () => number
  /** Processor time that we have used: on a busy machine the clock goes on while we wait for our turn. Milliseconds. */
  readonly used: () => number
}

const limits = {
  /** Processes that had a socket lately: they are asked first. */
  recent: 16,
  /** Descriptors of one process. */
  descriptors: 65_536,
  /** Of one that is asked first; one with more is looked through only when it is its turn. */
  descriptorsOfRecent: 1_024,
  /** What can be saved up for busy moments. Milliseconds. */
  creditMs: 250,
  /** Looks at all processes for one socket: one that forks meanwhile may be missed the first time. */
  looks: 3,
} as const

export class SocketOwners {
  readonly #options: SocketOwnersOptions
  /** Process to the descriptor that it had its last socket at; the newest last. */
  readonly #recent = new Map<number, number>()
  /** Milliseconds that looks at all processes may take now: half of the time is left for other work. */
  #credit: number = limits.creditMs
  #creditAt: number
  #last: { readonly key: string; readonly owner: SocketOwner | undefined } | undefined

  constructor(options: SocketOwnersOptions) {
    this.#options = options
    this.#creditAt = options.now()
  }

  /** Undefined when nobody has it any more, when it could not be found in time, or when two calls have it. */
  ownerOf(tuple: SocketTuple): SocketOwner | undefined {
    const { inodeOf } = this.#options
    const inode = inodeOf(tuple)
    const owner = inode === undefined ? undefined : (this.#amongRecent(inode) ?? this.#amongAll(tuple, inode))
    this.#last = { key: keyOf(tuple), owner }
    return owner
  }

  /** The process that {@link ownerOf} found last, when it was asked for the same socket. */
  lastOwner(tuple: SocketTuple): SocketOwner | undefined {
    return this.#last?.key === keyOf(tuple) ? this.#last.owner : this.ownerOf(tuple)
  }

  #amongRecent(inode: number): SocketOwner | undefined {
    for (const [pid, fd] of [...this.#recent].reverse()) {
      const place = this.#placeOf(pid, inode, fd, limits.descriptorsOfRecent)
      if (place) return this.#owner(pid, place)
      if (processState(pid) === undefined) this.#recent.delete(pid)
    }
    return undefined
  }

  #amongAll(tuple: SocketTuple, inode: number): SocketOwner | undefined {
    const { now, used, inodeOf, processes } = this.#options
    const at = now()
    this.#credit = Math.min(limits.creditMs, this.#credit + (at - this.#creditAt) / 2)
    this.#creditAt = at
    if (this.#credit <= 0) return undefined
    const before = used()
    try {
      for (let look = 0; look < limits.looks; look++) {
        const found: SocketOwner[] = []
        for (const pid of processes()) {
          const place = this.#placeOf(pid, inode)
          const owner = place && this.#owner(pid, place)
          if (owner) found.push(owner)
        }
        const [first] = found
        if (first) return found.every(({ call }) => call === first.call) ? first : undefined
        // Still there: who has it was missed, as it moved on while others were looked at.
        if (inodeOf(tuple) !== inode) return undefined
      }
      return undefined
    } finally {
      this.#credit -= used() - before
    }
  }

  /** Looked at again at the end: a process id that was given to another one meanwhile must not speak for it. */
  #owner(pid: number, place: Place): SocketOwner | undefined {
    const call = this.#options.callOf(pid)
    if (call === 0 || !place.still()) return undefined
    this.#recent.delete(pid)
    this.#recent.set(pid, place.fd)
    const [oldest] = this.#recent.keys()
    if (this.#recent.size > limits.recent && oldest !== undefined) this.#recent.delete(oldest)
    return { call, pid }
  }

  #placeOf(pid: number, inode: number, hint?: number, most?: number): Place | undefined {
    const folder = `/proc/${pid}/fd`
    if (hint !== undefined) {
      // Programs that open many sockets get one number after the other.
      for (const fd of [hint, hint + 1, hint + 2])
        if (isSocket(`${folder}/${fd}`, inode)) return placeAt(folder, fd, inode)
    }
    const own = namesIn(folder)
    if (own === 'closed') return this.#copied(pid, inode, most)
    if (most !== undefined && own.length > most) return undefined
    const fd = own.findLast((name) => isSocket(`${folder}/${name}`, inode))
    if (fd !== undefined) return placeAt(folder, Number(fd), inode)
    // Threads may have descriptors that the first one does not share.
    for (const thread of threadsOf(pid).slice(1)) {
      const other = `/proc/${pid}/task/${thread}/fd`
      const names = namesIn(other)
      if (names === 'closed' || (names.length === own.length && names.at(-1) === own.at(-1))) continue
      const at = names.findLast((name) => isSocket(`${other}/${name}`, inode))
      if (at !== undefined) return placeAt(other, Number(at), inode)
    }
    return undefined
  }

  /** A process can close /proc/PID/fd to others of its user, but not to the one who made its namespace. */
  #copied(pid: number, inode: number, most: number = limits.descriptors): Place | undefined {
    const status = quietly(() => readFileSync(`/proc/${pid}/status`, 'latin1')) ?? ''
    const last = Math.min(Number(/^FDSize:\s*(\d+)/m.exec(status)?.[1] ?? 0), most)
    const { kernel } = this.#options
    const number = systemCallNumber('pidfd_getfd')
    const has = (pidFd: number, fd: number) => {
      const copy = quietly(() => kernel.syscall('pidfd_getfd', number, pidFd, fd, 0))
      if (copy === undefined) return false
      const same = isSocket(`/proc/self/fd/${copy}`, inode)
      closeSync(copy)
      return same
    }
    const withProcess = <T>(look: (pidFd: number) => T) =>
      quietly(() => {
        const pidFd = kernel.syscall('pidfd_open', systemCallNumber('pidfd_open'), pid, 0)
        try {
          return look(pidFd)
        } finally {
          closeSync(pidFd)
        }
      })
    const fd = withProcess((pidFd) => {
      for (let at = last - 1; at >= 0; at--) if (has(pidFd, at)) return at
      return undefined
    })
    return fd === undefined ? undefined : { fd, still: () => withProcess((pidFd) => has(pidFd, fd)) ?? false }
  }
}

/** Where a socket was found. */
interface Place {
  readonly fd: number
  still(): boolean
}

function placeAt(folder: string, fd: number, inode: number): Place {
  return { fd, still: () => isSocket(`${folder}/${fd}`, inode) }
}

/** The link is no way to the file: nothing of a hostile file system is asked. */
function isSocket(path: string, inode: number): boolean {
  return quietly(() => readlinkSync(path)) === `socket:[${inode}]`
}

function namesIn(folder: string): string[] | 'closed' {
  try {
    return readdirSync(folder).slice(-limits.descriptors)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EACCES' ? 'closed' : []
  }
}

function threadsOf(pid: number): string[] {
  return quietly(() => readdirSync(`/proc/${pid}/task`)) ?? []
}

function keyOf({ transport, src, dst }: SocketTuple): string {
  return `${transport} ${src.ip} ${src.port} ${dst.ip} ${dst.port}`
}
