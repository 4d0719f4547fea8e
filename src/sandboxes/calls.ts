// How the calls of a sandbox are told apart: what box.ts needs, whichever way the machine gives.

import type { BoxGroup } from './cgroups.ts'
import type { SocketTuple } from './sockets.ts'
import type { Unit } from './units.ts'

export interface Calls {
  readonly by: 'cgroup' | 'namespace'
  readonly group: BoxGroup
  take(): Promise<Unit>
  release(unit: Unit): void
  /** Files that a command writes itself into on its way in. */
  entryFiles(unit: Unit): readonly string[]
  /** Absent where the kernel marks every packet with its call. */
  readonly lookUp?: CallLookUp
}

export interface CallLookUp {
  /** To be called while the command is held back before its first instruction; false when its namespace is none. */
  started(unit: Unit, pids: { readonly waiting: number; readonly command: number }): boolean
  /** The one that waited is gone, and its process id may soon be another's. */
  ended(unit: Unit): void
  /** The number of the unit that has a socket; 0 when it cannot be told. */
  unitOf(tuple: SocketTuple): number
  /** The process that has it. */
  holderOf(tuple: SocketTuple): number | undefined
}
