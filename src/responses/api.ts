// What can be done about a running sandbox, and what came of it. Nothing is assumed: each act says whether it worked.

/** An act on a sandbox, or on one call of it. */
export type Act = 'freeze' | 'thaw' | 'kill' | 'block' | 'unblock' | 'quarantine' | 'release' | 'status'

export const acts: readonly Act[] = [
  'status',
  'freeze',
  'thaw',
  'kill',
  'block',
  'unblock',
  'quarantine',
  'release',
]

export interface ActRequest {
  readonly act: Act
  /** A tool call's id or a unit; absent: the whole sandbox. */
  readonly call?: string
  /** Of block and unblock: a name, an address, or either with a port. */
  readonly destination?: string
}

/** Who asks, as the kernel says where it can. */
export interface Asker {
  readonly via: string
  readonly uid?: number
  readonly pid?: number
  readonly user?: string
}

export interface ActResult {
  readonly act: Act
  readonly ok: boolean
  /** One sentence: what was done, or why not. */
  readonly detail: string
  readonly status?: BoxStatus
}

export interface BoxStatus {
  readonly box: string
  readonly mode: string
  readonly tier: string
  readonly frozen: boolean
  readonly quarantined: boolean
  readonly blocked: readonly string[]
  readonly connections: readonly { readonly to: string; readonly call?: string; readonly protocol?: string }[]
  readonly calls: readonly {
    readonly call: string
    readonly name: string
    readonly processes: number
    readonly frozen: boolean
  }[]
}
