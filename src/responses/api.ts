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
  /** Whom the server asks for: the journal then says `via: server`, beside what the kernel says of its process. */
  readonly onBehalfOf?: string
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
  /** Connections that are open; the first of them are listed. */
  readonly open?: number
  readonly connections: readonly {
    readonly to: string
    readonly call?: string
    /** The kernel's unit; a call without an identity of its own shares it with others. */
    readonly unit?: string
    readonly protocol?: string
  }[]
  readonly calls: readonly {
    readonly call: string
    readonly name: string
    readonly unit?: string
    readonly processes: number
    /** The first of them by name. */
    readonly running?: readonly { readonly pid: number; readonly name: string }[]
    readonly frozen: boolean
  }[]
}
