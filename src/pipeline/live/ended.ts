// How a command ended. What stands between it and us (bubblewrap, shells) turns signal n into exit code 128 + n.

import { constants } from 'node:os'

export interface Ended {
  /** The command's own; 128 + n for signal n. Null when it was killed together with what waits for it. */
  readonly exitCode: number | null
  /** `SIGTERM`; of the command, or of what a shell ran last. Null when it ended by itself. */
  readonly signal: NodeJS.Signals | null
}

const names: ReadonlyMap<number, NodeJS.Signals> = new Map(
  Object.entries(constants.signals)
    // Of two names for one number (SIGIOT, SIGPOLL) the first is the usual one.
    .reverse()
    .map(([name, number]) => [number, name as NodeJS.Signals]),
)
/** Stopped, continued, told of something: no process ends by these. */
const harmless: ReadonlySet<string> = new Set([
  ...['SIGCHLD', 'SIGCONT', 'SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGURG', 'SIGWINCH'],
])

/** `exitCode` and `signal` as Node gives them for the process that leads into the sandbox. */
export function endOf({ exitCode, signal }: Ended): Ended {
  if (signal !== null || exitCode === null || exitCode <= 128) return { exitCode, signal }
  const name = names.get(exitCode - 128)
  return { exitCode, signal: name === undefined || harmless.has(name) ? null : name }
}
