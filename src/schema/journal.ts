// The lines of a recording's journal.jsonl, one JSON object each, chained by their hashes:
// {"_schema":"vigiles/event/v1","seq":3,"time":"2026-11-24T08:00:00.123456Z","class":"network_activity",…,"prev":"…","hash":"…"}
// `hash` is the SHA-256, in hex, of the canonical JSON (RFC 8785) of the line without `hash`; `prev` is the hash of the
// line before, and empty in the first.

import type { DecisionCode } from './decision.ts'
import type { Severity } from './event.ts'
import type { FindingKind } from './finding.ts'

export const journalSchema = 'vigiles/event/v1'

/** Longest line in bytes, its newline included. What is longer is cut to fit, and says so. */
export const journalLineBytesMax = 65_536

/** Longest text kept of one field, in UTF-16 units; of a longer one the beginning, its length and hash are kept. */
export const journalTextCharsMax = 8_192

/** What the writer adds to a line. */
export interface Chained {
  readonly _schema: typeof journalSchema
  /** From 1, without a gap: the order of the journal, whatever the clock did. */
  readonly seq: number
  /** ISO 8601 in UTC, as the clock said when it was written. */
  readonly time: string
  /** What was too long and is kept in part. */
  readonly cut?: readonly JournalCut[]
  readonly prev: string
  readonly hash: string
}

/** A field whose text or list was cut to fit; its text ends with `…[cut]`. */
export interface JournalCut {
  /** `actor.process.cmdLine` */
  readonly field: string
  /** How long it was: UTF-16 units of a text, items of a list. */
  readonly length: number
  /** SHA-256 in hex of the whole text as UTF-8. */
  readonly sha256?: string
}

export interface JournalEndpoint {
  /** Canonical; empty when only a name was asked for. */
  readonly ip: string
  readonly port?: number
  readonly hostname?: string
}

export interface JournalProcess {
  readonly pid: number
  readonly ppid?: number
  readonly name?: string
  readonly cmdLine?: string
  readonly exe?: string
  readonly cwd?: string
  readonly uid?: number
  /** Clock ticks since boot, as /proc/PID/stat has it: a pid that was used again differs in it. */
  readonly startTicks?: number
  /** Parent first. */
  readonly ancestors?: readonly Omit<JournalProcess, 'ancestors'>[]
}

/** Who did it, as the kernel knows (`unit`, `process`), and what the agent's side says of it (`label`). */
export interface JournalActor {
  /** The call whose boundary our supervisor made; only with `tier: identity`. */
  readonly toolCall?: string
  /** The kernel's unit: an exec's cgroup or user namespace, or the root of a process subtree. */
  readonly unit?: string
  readonly label?: {
    readonly toolCall: string
    /** Where the label comes from: `claude-hook`, `otel`, `llm-api`… */
    readonly source: string
    /** 0–1. */
    readonly agreement: number
    readonly tool?: string
  }
  /** The call that asked through a local relay; the relay's own call is `toolCall`. */
  readonly askedBy?: string
  readonly process?: JournalProcess
  readonly tier: 'identity' | 'none'
}

interface InBox {
  /** The sandbox. */
  readonly box: string
  /** Only when the act was earlier than the writing: ISO 8601 in UTC. */
  readonly at?: string
}

export interface JournalPolicy {
  readonly rule: string
  readonly reason?: string
  readonly code?: DecisionCode
}

export interface NetworkActivityLine extends InBox {
  readonly class: 'network_activity'
  /**
   * `open` when it was decided, `close` with the totals; `refuse` alone for one that was denied. `traffic` in between
   * says what the bytes are, when that is first seen and again when it changes.
   */
  readonly activity: 'open' | 'traffic' | 'close' | 'refuse'
  /** Shared by the open and the close line. */
  readonly connection: string
  readonly transport?: 'tcp' | 'udp' | 'icmp' | 'other'
  readonly srcEndpoint: JournalEndpoint
  readonly dstEndpoint: JournalEndpoint
  readonly disposition: 'allowed' | 'blocked'
  /** In shadow mode: enforcement would have refused it. */
  readonly wouldBlock?: boolean
  readonly policy?: JournalPolicy
  readonly bytesIn?: number
  readonly bytesOut?: number
  /** Milliseconds. */
  readonly duration?: number
  readonly outcome?: 'established' | 'refused' | 'no-answer' | 'reset'
  readonly observed?: {
    readonly dnsName?: string
    readonly connectName?: string
    readonly sni?: string
    readonly alpn?: readonly string[]
    readonly ech?: boolean
    readonly httpHost?: string
    readonly authority?: string
    /** What the bytes are, the innermost known: tls, http, ssh… */
    readonly protocol?: string
    readonly layers?: readonly string[]
    /** The destination as the program wrote it, where that is another form of the same address. */
    readonly written?: string
    /** The address that was dialled. */
    readonly dialled?: string
  }
  /** Stratum: what was said, without its secrets. */
  readonly mining?: { readonly methods: readonly string[]; readonly agent?: string; readonly worker?: string }
  /** Who broke its silences, and how soon the other side answered (see protocols/rhythm.ts). Counts. */
  readonly bursts?: {
    readonly serverFirst: number
    readonly serverFirstAnswered: number
    readonly serverFirstLargeAnswered?: number
    readonly clientFirst: number
    readonly clientFirstAnswered: number
    readonly serverPayloadMean: number
  }
  readonly actor: JournalActor
}

export interface DnsActivityLine extends InBox {
  readonly class: 'dns_activity'
  readonly query: { readonly hostname: string; readonly type?: string }
  readonly answers?: readonly string[]
  readonly rcode?: string
  /** `blocked` = not forwarded, even when a synthetic address was given. */
  readonly disposition: 'allowed' | 'blocked'
  readonly wouldBlock?: boolean
  readonly policy?: JournalPolicy
  readonly srcEndpoint?: JournalEndpoint
  readonly dstEndpoint?: JournalEndpoint
  readonly actor: JournalActor
}

export interface HttpActivityLine extends InBox {
  readonly class: 'http_activity'
  readonly connection: string
  readonly srcEndpoint?: JournalEndpoint
  readonly dstEndpoint: JournalEndpoint
  readonly disposition: 'allowed' | 'blocked'
  readonly wouldBlock?: boolean
  readonly policy?: JournalPolicy
  readonly http: {
    readonly method?: string
    readonly host?: string
    readonly path?: string
    readonly userAgent?: string
    readonly status?: number
  }
  readonly bytesIn?: number
  readonly bytesOut?: number
  readonly duration?: number
  readonly actor: JournalActor
}

export interface SshActivityLine extends InBox {
  readonly class: 'ssh_activity'
  readonly connection: string
  readonly srcEndpoint?: JournalEndpoint
  readonly dstEndpoint: JournalEndpoint
  readonly disposition: 'allowed' | 'blocked'
  readonly policy?: JournalPolicy
  readonly ssh: {
    readonly client?: string
    readonly server?: string
    /** By the sizes of what it sent: it asked the server to listen for it, and for nothing else (protocols/ssh-opening.ts). */
    readonly asksToListen?: true
  }
  readonly actor: JournalActor
}

export interface ProcessActivityLine extends InBox {
  readonly class: 'process_activity'
  readonly activity: 'launch' | 'exit'
  readonly process: JournalProcess
  readonly exitCode?: number
  readonly signal?: string
  /** Launches before this one that were too many to have a line each. */
  readonly omitted?: number
  readonly actor: JournalActor
}

export interface DetectionFindingLine extends InBox {
  readonly class: 'detection_finding'
  readonly finding: {
    readonly uid?: string
    readonly detection: string
    readonly kind: FindingKind
    readonly title: string
    readonly severity: Severity
    readonly why?: string
    readonly attack?: readonly string[]
    readonly confidence?: number
    readonly destinations?: readonly string[]
    readonly connections?: readonly string[]
    readonly toolCalls?: readonly string[]
    readonly units?: readonly string[]
    /** `seq` of the lines it rests on. */
    readonly evidence?: readonly number[]
    readonly repeats?: number
  }
  /** What was done about it. */
  readonly responses?: readonly JournalResponse[]
}

export interface JournalResponse {
  readonly do: string
  readonly ok: boolean
  readonly detail?: string
  /** From the first hostile byte to the acknowledgement, where it is known. */
  readonly tookMs?: number
}

/** An act on the sandbox by a person or by us: freeze, thaw, kill, block, quarantine… */
export interface ApiActivityLine extends InBox {
  readonly class: 'api_activity'
  readonly operation: string
  readonly target?: string
  readonly by: {
    readonly uid?: number
    readonly user?: string
    readonly pid?: number
    /** control.sock, library, policy, server… */
    readonly via: string
  }
  readonly ok: boolean
  readonly detail?: string
}

/** A tool call: an exec of ours (`tier: identity`), or one that the agent's side told of (`tier: none`). */
export interface ExecuteToolLine extends InBox {
  readonly class: 'execute_tool'
  readonly activity: 'start' | 'end'
  /** The id that stands in `actor.toolCall`, or in `actor.label.toolCall`. */
  readonly toolCall: string
  readonly name: string
  /** Shell text, or the arguments as compact JSON. */
  readonly command?: string
  readonly unit?: string
  /** `exec`, or the live source that told. */
  readonly source: string
  readonly tier: 'identity' | 'none'
  readonly run?: string
  readonly episode?: string
  readonly turn?: number
  readonly step?: number
  readonly policyVersion?: string
  /** Whose rules of the policy held for it, where one was named. */
  readonly phase?: string
  readonly exitCode?: number
  readonly signal?: string
  readonly duration?: number
  /** The beginning of what it printed. */
  readonly output?: string
  /** Of a call that the agent's side told of: process subtrees that were joined to it. 0: no process was seen. */
  readonly processes?: number
}

/** Refusals or lookups that were alike and too many to write one by one. */
export interface AggregateLine extends InBox {
  readonly class: 'aggregate'
  readonly of: 'network_activity' | 'dns_activity'
  /** How many there were beside those that have a line of their own. */
  readonly count: number
  readonly firstTime: string
  readonly lastTime: string
  /** Absent when they went to several destinations. */
  readonly dstEndpoint?: JournalEndpoint
  /** The first of them, `host:port/transport` or `name type`; when it is at its most there were more. */
  readonly destinations?: { readonly first: readonly string[] }
  readonly transport?: 'tcp' | 'udp' | 'icmp' | 'other'
  readonly query?: { readonly hostname: string; readonly type?: string }
  /** `allowed`: lookups of names that the policy opens. */
  readonly disposition: 'allowed' | 'blocked'
  readonly policy?: JournalPolicy
  readonly actor: JournalActor
}

/** What callers write. */
export type JournalLine =
  | NetworkActivityLine
  | DnsActivityLine
  | HttpActivityLine
  | SshActivityLine
  | ProcessActivityLine
  | DetectionFindingLine
  | ApiActivityLine
  | ExecuteToolLine
  | AggregateLine

/** The first line. */
export interface StartLine {
  readonly class: 'start'
  readonly version?: string
  /** Ed25519, the 32 bytes in base64url: checkpoints and the seal are signed with its other half. */
  readonly publicKey: string
}

/** Every line up to here is signed: an Ed25519 signature over `vigiles/checkpoint/v1 SEQ TIME PREV` of this line. */
export interface CheckpointLine {
  readonly class: 'checkpoint'
  readonly signature: string
}

/** The last line of a journal that was closed; signed like a checkpoint. */
export interface SealLine {
  readonly class: 'seal'
  readonly signature: string
  /** Lines of this journal, this one included. */
  readonly lines: number
}

/** Writing went on after something was lost. */
export interface RecoveredLine {
  readonly class: 'recovered'
  readonly from: 'crash' | 'write-error' | 'sync-error'
  /** The half-written last line that was cut off: its size and its beginning. */
  readonly cut?: { readonly bytes: number; readonly sha256: string; readonly text: string }
  /** Lines that callers were told could not be written. */
  readonly refused?: number
  readonly error?: string
  readonly since?: string
  /** After a crash the old key is gone: the one that signs from here on. */
  readonly publicKey?: string
}

/** The clock was set: the next lines are stamped by the new time. */
export interface ClockStepLine {
  readonly class: 'clock_step'
  /** Where the clock should have been by the time that went by. */
  readonly expected: string
  /** Positive: it was set forward. */
  readonly stepMs: number
}

/** Lines that the journal writes by itself. */
export type JournalNote = StartLine | CheckpointLine | SealLine | RecoveredLine | ClockStepLine

/** A line as it stands in the journal. */
export type RecordedLine = (JournalLine | JournalNote) & Chained

export type JournalClass = RecordedLine['class']

export const journalClasses: readonly JournalClass[] = [
  'network_activity',
  'dns_activity',
  'http_activity',
  'ssh_activity',
  'process_activity',
  'detection_finding',
  'api_activity',
  'execute_tool',
  'aggregate',
  'start',
  'checkpoint',
  'seal',
  'recovered',
  'clock_step',
]

/** run.json, what a run came to. */
export interface RunFile {
  readonly _schema: 'vigiles/run/v1'
  /** The command's own; null when a signal ended it or it still runs. */
  readonly exitCode: number | null
  readonly signal: string | null
  /** The response that stopped it. */
  readonly stoppedBy: string | null
  /** The isolation the machine gave. */
  readonly tier: string | null
  readonly publicKey?: string
  readonly startedAt?: string
  readonly endedAt?: string
  readonly [more: string]: unknown
}
