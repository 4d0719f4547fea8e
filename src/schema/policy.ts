// A policy after it was read: flat rules in the words of the file, each with the line it stands on.

import type { Phase } from './ask.ts'
import type { PolicyMode } from './decision.ts'

/** What to do about a finding, mildest first. `block` refuses the destination from then on. */
export type FindingResponse = 'record' | 'alert' | 'block' | 'freeze' | 'kill' | 'quarantine'

export const findingResponses: readonly FindingResponse[] = [
  'record',
  'alert',
  'block',
  'freeze',
  'kill',
  'quarantine',
]

export type HostPattern =
  /** This name only. */
  | { readonly kind: 'name'; readonly name: string }
  /** One or more labels under this name, not the name itself. */
  | { readonly kind: 'under'; readonly name: string }
  /** An address or a range of them. */
  | { readonly kind: 'ip'; readonly cidr: string }
  /** Every name and every public address; only by `host: any`. */
  | { readonly kind: 'any' }

export interface PortRange {
  readonly from: number
  /** Inclusive. */
  readonly to: number
}

export interface Limits {
  readonly connectionsPerMinute?: number
  /** Bytes to one host, by one sandbox. */
  readonly bytesOutPerHost?: number
  readonly bytesOutPerCall?: number
  /** Distinct hosts and addresses in one sandbox. */
  readonly destinations?: number
  /** Distinct names looked up under one wildcard in a minute: names carry data too. */
  readonly namesPerMinute?: number
}

export interface PolicyRule {
  readonly effect: 'allow' | 'deny'
  /** The host as it was written. */
  readonly text: string
  readonly host: HostPattern
  /** Absent: 443 and 80 for an allow rule, every port for a deny rule. */
  readonly ports?: readonly PortRange[]
  /** Absent: what belongs on the port (see `portProtocols` in policy/protocols.ts); every one for a deny rule. */
  readonly protocols?: readonly string[]
  /** Absent: TCP for an allow rule, every one for a deny rule. */
  readonly transports?: readonly ('tcp' | 'udp' | 'icmp')[]
  /** Upper case. */
  readonly methods?: readonly string[]
  /** `*` stands for one segment or part of it, `**` for any number of segments. */
  readonly paths?: readonly string[]
  readonly tools?: readonly string[]
  readonly phases?: readonly Phase[]
  /** Types of DNS query beside A, AAAA, HTTPS and SVCB. Upper case. */
  readonly dnsTypes?: readonly string[]
  /** TLS without a server name is fine with this host. */
  readonly sniOptional?: boolean
  /** An Encrypted Client Hello is fine with this host. */
  readonly echAllowed?: boolean
  readonly why?: string
  readonly limits?: Limits
  /** Where it stands: a file and line, or a preset. */
  readonly source: { readonly file?: string; readonly line?: number; readonly preset?: string }
}

export interface LimitSet {
  readonly limits: Limits
  readonly phases?: readonly Phase[]
  readonly tools?: readonly string[]
}

/** What a policy can insist on; a machine that lacks one ends the run with exit code 3. */
export const isolationNeeds = [
  /** Own user, mount, pid and network namespaces. */
  'namespaces',
  /** The agent's traffic is captured by nftables, whatever its programs do. */
  'transparent-capture',
  /** Each tool call has a kernel unit of its own. */
  'identity',
  'cgroup',
  'freeze',
  'seccomp',
  'memory-limit',
  'process-limit',
  'cpu-limit',
  /** The agent runs as another uid than the one that started it. */
  'unprivileged-uid',
  'process-events',
] as const

export type IsolationNeed = (typeof isolationNeeds)[number]

export interface Policy {
  readonly version: 1
  /** Names of the presets whose rules are among `rules`. */
  readonly presets: readonly string[]
  /** Allow and deny rules of the policy, its presets, phases and tools. Order does not matter: deny wins. */
  readonly rules: readonly PolicyRule[]
  readonly limits: readonly LimitSet[]
  /** By detection id (`tunnel.reverse-ssh`), kind, ATT&CK tactic or severity. */
  readonly findings: ReadonlyMap<string, FindingResponse>
  readonly network: {
    /** IPv4 range of the synthetic addresses that stand for names. */
    readonly syntheticRange?: string
    /** Names that may resolve to private addresses, and addresses or ranges that may be reached through any allowed name. */
    readonly private: readonly HostPattern[]
    /** `ip` or `ip:port` of the resolver to forward allowed names to; absent = the machine's own. */
    readonly resolver?: string
  }
  readonly filesystem: {
    readonly write: readonly string[]
    readonly read: readonly string[]
    readonly hide: readonly string[]
    /** Unix sockets that are reachable from inside. */
    readonly sockets: readonly string[]
  }
  readonly resources: {
    /** Bytes. */
    readonly memory?: number
    readonly processes?: number
    /** Cores; fractions are fine. */
    readonly cpu?: number
  }
  /** Hosts whose TLS is opened by the gateway; rules with methods or paths add theirs. */
  readonly intercept: readonly HostPattern[]
  readonly isolation: {
    readonly require: readonly IsolationNeed[]
    /** Whether programs may make namespaces: sandboxes of their own, as Codex and Chromium do. Absent: they may. */
    readonly nestedNamespaces?: 'allow' | 'deny'
    /** Absent: `deny`, as its requests are seen by no filter of system calls. */
    readonly ioUring?: 'allow' | 'deny'
  }
  /** What the policy asks for; who starts the run may ask for another. Absent: enforce. */
  readonly mode?: PolicyMode
  /** `trusted`: rules for tools believe the label that came from the agent's side. */
  readonly toolLabels: 'untrusted' | 'trusted'
}
