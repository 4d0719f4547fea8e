// What is compared: four ways to run a program and carry its connections, each in a process of its own (worker.ts).

export const sideNames = ['direct', 'relay', 'srt', 'ours'] as const
export type SideName = (typeof sideNames)[number]

export interface Side {
  /** Runs it to its end. `call` names it, where the side has names for what it runs. */
  exec(command: string, call?: string): Promise<Ended>
  /** What the side itself kept of attempts, by the name that it put on them. */
  kept?(): Readonly<Record<string, number>>
  close(): Promise<void>
}

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Paths and addresses that a side needs; made once by main.ts. */
export interface Place {
  /** The work folder: writable inside, holds the client. */
  readonly workdir: string
  /** A new folder for each recording below it. */
  readonly records: string
  /** The built programs of this bench. */
  readonly bench: string
  /** The built library. */
  readonly dist: string
  /** Where npm put srt. */
  readonly srt: string
  /** This machine's own address, and the ports that may be reached. */
  readonly host: string
  readonly ports: readonly number[]
}

export type Request =
  | { readonly do: 'open' }
  | { readonly do: 'exec'; readonly command: string; readonly call?: string }
  /** `true`, one after the other: milliseconds each. */
  | { readonly do: 'times'; readonly count: number }
  /** Milliseconds of processor time (user and system) of the side's own process so far. */
  | { readonly do: 'processor' }
  | { readonly do: 'kept' }
  | { readonly do: 'close' }
