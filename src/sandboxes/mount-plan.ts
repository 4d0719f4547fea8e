// The words in which the file system of a sandbox is planned, before anything is mounted.

/** One thing to put at one place. Later steps cover earlier ones; parents come before what lies below them. */
export type MountStep =
  | {
      readonly kind: 'bind'
      readonly source: string
      readonly target: string
      readonly write: boolean
      /** Device nodes below it may be opened. */
      readonly devices?: boolean
      /** Files of the work folder's or home's owner are to look like the agent's own. */
      readonly asOwner?: boolean
      /** There so that the folder can't be renamed and another be put in its place: mounts can't. */
      readonly pin?: boolean
    }
  /** A file system in memory of limited size; `mode` in octal digits. */
  | { readonly kind: 'memory'; readonly target: string; readonly bytesMax: number; readonly mode: string }
  /** A folder of files that are the agent's own, to be changed as it likes. */
  | { readonly kind: 'folder'; readonly target: string; readonly files: ReadonlyMap<string, string> }
  | { readonly kind: 'text'; readonly target: string; readonly text: string; readonly mode: number }
  /** A private copy, made for this run: what is changed in it is gone afterwards. */
  | {
      readonly kind: 'copy'
      readonly source: string
      readonly target: string
      /** Relative paths below `source` that are left out. */
      readonly except: readonly string[]
    }
  | { readonly kind: 'link'; readonly target: string; readonly to: string }
  | { readonly kind: 'hide'; readonly target: string; readonly folder: boolean }

export interface MountPlan {
  readonly steps: readonly MountStep[]
  /** Where the agent is at home inside. */
  readonly home: string
  readonly hostname: string
  /** What a person should know: wishes that do nothing here. */
  readonly notes: readonly string[]
}

/** Who the agent is, as the kernel and as its programs see it. */
export interface AgentUser {
  readonly uid: number
  readonly gid: number
  readonly name: string
}

export interface StateFolder {
  /** Absolute path of a file or folder in which an agent CLI keeps its settings and logins. */
  readonly path: string
  readonly mode: 'copy' | 'write' | 'read'
  /** Relative paths that a copy leaves out; without it, what known agents keep of other projects. */
  readonly except?: readonly string[]
}

export interface MountRequest {
  readonly agent: AgentUser
  /** The user's home outside; the agent's is at the same path. */
  readonly home: string
  /** Absolute. */
  readonly workFolder: string
  readonly filesystem: {
    readonly write: readonly string[]
    readonly read: readonly string[]
    readonly hide: readonly string[]
    readonly sockets: readonly string[]
  }
  /** Never to be seen inside, whatever the policy says: the recording, the state of Vigiles. Absolute. */
  readonly secret: readonly string[]
  /** Seen, never written, though they may lie in the work folder: the policy file. Absolute. */
  readonly protect?: readonly string[]
  readonly state?: readonly StateFolder[]
  /**
   * Files made for this run, at their places inside: CA bundles, settings of hooks. Read-only; where a folder of the
   * host shows read-only, the file must exist there.
   */
  readonly files?: readonly { readonly path: string; readonly text: string; readonly mode?: number }[]
  /** First words of commands, and the PATH that they are looked up in. */
  readonly commands?: readonly string[]
  readonly path: string
  /** Address of the resolver inside. */
  readonly resolver: string
  readonly hostname?: string
}

/** What planning asks of the disk. */
export interface HostView {
  /** Links are followed. */
  kind(path: string): 'folder' | 'file' | 'socket' | 'device' | 'missing'
  /** Where a link leads, as written; undefined when it is none. */
  link(path: string): string | undefined
  /** Names in a folder; empty when it can't be read. */
  list(path: string): readonly string[]
  /** The beginning of a text; undefined when it can't be read. */
  text(path: string): string | undefined
  /** Paths of the Unix sockets that somebody listens on. */
  sockets(): readonly string[]
}
