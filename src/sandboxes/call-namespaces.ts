// Which call a process belongs to, by the user namespace that every call gets: nothing inside can leave or enter one.
//
// Namespaces that programs make for themselves lie below their call's: the way up to it is asked of the kernel. The
// namespace of each call is held open, so that its number names no other one as long as it is remembered.

import { closeSync, fstatSync, openSync, readlinkSync } from 'node:fs'
import { assert } from '../base/assert.ts'
import { quietly } from '../base/quietly.ts'
import type { Kernel } from './kernel.ts'

/** User namespaces nest no deeper. */
const depthMax = 33

export class CallNamespaces {
  readonly #kernel: Kernel
  readonly #ownerInode: number
  readonly #calls = new Map<number, { readonly call: number; readonly fd: number }>()
  readonly #inodes = new Map<number, number>()

  /** `ownerFd`: the user namespace that owns the sandbox; those of calls are its children. */
  constructor(kernel: Kernel, ownerFd: number) {
    this.#kernel = kernel
    this.#ownerInode = fstatSync(ownerFd).ino
  }

  /** The namespace that `pid` is in now is the call's. False when it is not one that was made for a call. */
  add(call: number, pid: number): boolean {
    assert(call > 0, 'numbers of calls begin at 1')
    const fd = quietly(() => openSync(`/proc/${pid}/ns/user`, 'r'))
    if (fd === undefined) return false
    const inode = fstatSync(fd).ino
    if (this.#calls.has(inode) || this.#parentInode(fd) !== this.#ownerInode) {
      closeSync(fd)
      return false
    }
    this.#calls.set(inode, { call, fd })
    this.#inodes.set(call, inode)
    return true
  }

  /** The number of the call; 0 when the process is in none, is gone, or can't be looked at. */
  callOf(pid: number): number {
    const path = `/proc/${pid}/ns/user`
    // `user:[4026532258]`
    const link = quietly(() => readlinkSync(path))
    if (link === undefined) return 0
    const inode = Number(link.slice(6, -1))
    const known = this.#calls.get(inode)
    if (known) return known.call
    if (inode === this.#ownerInode) return 0
    const fd = quietly(() => openSync(path, 'r'))
    return fd === undefined ? 0 : this.#climb(fd)
  }

  /** To be called when nothing is left of it. */
  remove(call: number): void {
    const inode = this.#inodes.get(call)
    const known = inode === undefined ? undefined : this.#calls.get(inode)
    if (inode === undefined || !known) return
    closeSync(known.fd)
    this.#calls.delete(inode)
    this.#inodes.delete(call)
  }

  has(call: number): boolean {
    return this.#inodes.has(call)
  }

  close(): void {
    for (const { fd } of this.#calls.values()) closeSync(fd)
    this.#calls.clear()
    this.#inodes.clear()
  }

  #climb(from: number): number {
    let fd: number | undefined = from
    for (let depth = 0; fd !== undefined && depth < depthMax; depth++) {
      const known = this.#calls.get(fstatSync(fd).ino)
      if (known) {
        closeSync(fd)
        return known.call
      }
      const parent = this.#kernel.parentNamespace(fd)
      closeSync(fd)
      fd = parent
    }
    if (fd !== undefined) closeSync(fd)
    return 0
  }

  #parentInode(fd: number): number | undefined {
    const parent = this.#kernel.parentNamespace(fd)
    if (parent === undefined) return undefined
    const { ino } = fstatSync(parent)
    closeSync(parent)
    return ino
  }
}
