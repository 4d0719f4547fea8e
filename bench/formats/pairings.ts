// Which formats are measured together: each network format with OTLP, each agent format with EVE, and mixtures.

import type { View } from './network.ts'

export interface Pairing {
  readonly name: string
  readonly network: string
  readonly view: View
  /** The router's connection tracking is there too. */
  readonly conntrack?: boolean
  readonly agents: string
  readonly topology: string
  readonly clock?: { readonly offsetMs: number; readonly driftPpm: number }
  /** Minutes east of UTC for writers that name no zone, by side. */
  readonly networkZone?: number
  readonly agentZone?: number
  /** As for `--tz`. */
  readonly tz?: readonly string[]
}

export const usualClock = { offsetMs: 7300, driftPpm: 40 }
const shanghai = 480

function pairing(agents: string, network: string, view: View, more: Partial<Pairing> = {}): Pairing {
  const topology = more.topology ?? 'yaml'
  const place = `${view}${more.conntrack ? '+conntrack' : ''}`
  const notes = [more.clock && clockName(more.clock), more.tz && '--tz', topology !== 'yaml' && topology]
  const name = [network, place, agents, ...notes.filter(Boolean)].join(' · ')
  return { name, network, view, agents, topology, ...more }
}

function clockName({ offsetMs, driftPpm }: { offsetMs: number; driftPpm: number }): string {
  return `${offsetMs / 1000} s, ${driftPpm} ppm`
}

const local = { networkZone: shanghai }
const everywhere = (network: string, more: Partial<Pairing> = {}) => [
  pairing('otlp', network, 'box', more),
  pairing('otlp', network, 'nat', more),
  pairing('otlp', network, 'nat', { ...more, conntrack: true }),
]

export const pairings: readonly Pairing[] = [
  ...everywhere('eve'),
  ...everywhere('zeek-tsv'),
  ...everywhere('zeek-json'),
  ...everywhere('aws-v2'),
  ...everywhere('aws-v5'),
  ...everywhere('kernel-log', local),
  pairing('otlp', 'kernel-log', 'box', { ...local, tz: ['kern.log=Asia/Shanghai'] }),
  pairing('otlp', 'kernel-log', 'nat', { ...local, tz: ['kern.log=Asia/Shanghai'] }),
  ...everywhere('alibaba-json', { clock: { offsetMs: 7000, driftPpm: 0 } }),
  pairing('otlp', 'alibaba-csv', 'box', { clock: { offsetMs: 7000, driftPpm: 0 } }),
  pairing('otlp', 'alibaba-csv', 'nat', { clock: { offsetMs: 7000, driftPpm: 0 } }),
  pairing('otlp', 'conntrack', 'nat'),
  ...everywhere('pan-os', local),
  ...everywhere('gcp'),
  ...everywhere('ulogd-json', local),
  pairing('otlp', 'eve', 'nat', { clock: { offsetMs: 8 * 3600_000, driftPpm: 0 } }),
  pairing('otlp', 'eve', 'nat', { clock: { offsetMs: -2300, driftPpm: -120 } }),
  pairing('otlp', 'eve-1s', 'nat'),
  pairing('otlp', 'eve', 'worker'),

  pairing('otlp-trace-ids', 'eve', 'nat'),
  pairing('claude-code', 'eve', 'nat'),
  pairing('codex', 'eve', 'nat'),
  pairing('atif', 'eve', 'nat'),
  pairing('mini-swe-agent', 'eve', 'nat'),
  pairing('openhands', 'eve', 'nat', { agentZone: shanghai }),
  pairing('openhands', 'eve', 'nat', { agentZone: shanghai, tz: ['event-*=Asia/Shanghai'] }),
  pairing('inspect-eval', 'eve', 'nat'),
  pairing('inspect-eval', 'eve', 'box'),
  pairing('nemo-gym', 'eve', 'nat'),
  pairing('verifiers', 'eve', 'nat'),
  pairing('rock-admin-log', 'eve', 'nat'),
  pairing('rock-commands', 'eve', 'nat'),
  pairing('roll-rollout', 'eve', 'nat', { agentZone: shanghai }),
  pairing('roll-rollout', 'eve', 'box', { agentZone: shanghai }),
  pairing('rock+roll', 'eve', 'nat', { agentZone: shanghai }),

  pairing('rock+roll', 'alibaba-json', 'worker', {
    agentZone: shanghai,
    topology: 'rock-status',
    clock: { offsetMs: 7000, driftPpm: 0 },
  }),
  pairing('rock+roll', 'alibaba-csv', 'worker', {
    agentZone: shanghai,
    topology: 'rock-status',
    clock: { offsetMs: 7000, driftPpm: 0 },
  }),
  pairing('codex', 'conntrack', 'nat'),
  pairing('inspect-eval', 'zeek-json', 'box', { topology: 'docker' }),
  pairing('claude-code', 'zeek-tsv', 'box', { topology: 'docker' }),
  pairing('openhands', 'kernel-log', 'nat', { networkZone: shanghai, agentZone: shanghai, conntrack: true }),
  pairing('openhands', 'pan-os', 'box', { networkZone: shanghai, agentZone: shanghai, topology: 'docker' }),
  pairing('verifiers', 'aws-v5', 'worker', { topology: 'kubectl' }),
  pairing('verifiers', 'gcp', 'box', { topology: 'kubectl' }),
  pairing('nemo-gym', 'ulogd-json', 'box', { networkZone: shanghai, topology: 'docker' }),
  pairing('roll-rollout', 'alibaba-json', 'worker', {
    agentZone: shanghai,
    topology: 'rock-status',
    clock: { offsetMs: 7000, driftPpm: 0 },
  }),
]
