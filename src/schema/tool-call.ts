// What an agent was recorded to have asked for: one call of one tool.

import type { Time } from '../base/time.ts'

export interface ToolCall {
  /** The id its own trace gave it (`gen_ai.tool.call.id`, `tool_use.id`, `tool_call_id`…), never a span id. */
  readonly sourceId?: string
  readonly run?: string
  readonly episode?: string
  /** Index of the call's turn in its episode, from 0. */
  readonly turn?: number
  /** Trainer step. */
  readonly step?: number
  readonly policyVersion?: string
  readonly reward?: number
  /** The tool's name as the agent knows it: Bash, execute_bash, web_fetch… */
  readonly name: string
  /** The shell command when the tool is a shell, else its arguments as compact JSON. ≤ `limits.commandChars`. */
  readonly command: string
  /** Files the call put in place, so that a later call that runs one can be tied to what is in it. */
  readonly writes?: readonly { readonly path: string; readonly content: string }[]
  /** The beginning of what the tool answered. ≤ `limits.outputChars`. */
  readonly output?: string
  readonly exitCode?: number
  readonly start: Time
  /** Absent when the trace has none: the window then ends with the next record, said in `timeSource`. */
  readonly end?: Time
  /** How far the work may lie outside [start, end], in ms. 0 when the executor itself stamped both. */
  readonly uncertaintyMs: number
  /**
   * Where the window comes from: `executor` or `span` stamped by what ran it; `transcript` by the agent's
   * messages around it; `next-record` its end is the next record's start; `batch` shared with its turn;
   * `episode` the whole episode; `file` only the file's own time.
   */
  readonly timeSource: 'executor' | 'span' | 'transcript' | 'next-record' | 'batch' | 'episode' | 'file'
  /** Names of the sandbox this record gives, most specific first; joined to the topology, never guessed. */
  readonly boxHints: readonly string[]
  /** Name of the machine whose clock stamped it, where the trace says so. */
  readonly sensor?: string
  /** Of a process that the kernel saw: the call that the agent's side says it is of, and how well that fits (0–1). */
  readonly label?: { readonly toolCall: string; readonly agreement: number }
  /** 1-based line where the call begins, or the record's index for binary inputs. */
  readonly line: number
}

/** The end of a call that stands in another file than its start (OpenHands: one event a file). */
export interface ToolOutcome {
  readonly sourceId: string
  readonly end?: Time
  readonly output?: string
  readonly exitCode?: number
  /** Names of the box the answer gives (a container's host name). */
  readonly boxHints?: readonly string[]
  readonly line: number
}

/** What is known of a whole episode; fills what its calls lack, joined by box and time or by id. */
export interface EpisodeRecord {
  readonly episode: string
  readonly run?: string
  readonly step?: number
  readonly policyVersion?: string
  readonly reward?: number
  readonly boxHints: readonly string[]
  readonly start?: Time
  readonly end?: Time
  readonly line: number
}

/** Longest texts an importer keeps of a call; longer ones are cut and the cut is visible ("…[cut]"). */
export const limits = { commandChars: 16_384, outputChars: 4_096, writeChars: 65_536, writes: 64 } as const
