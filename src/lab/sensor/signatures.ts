// The sensor's simple rules. They see addresses behind the NAT and know nothing of agents: the innocent trip them too.

import type { LabPlan } from '../plan.ts'
import { closedPrefixes } from '../range/network.ts'
import type { Flow } from './flows.ts'

export interface Alert {
  readonly flow: Flow
  readonly us: number
  readonly sid: number
  readonly signature: string
  readonly category: string
  /** 1 is worst. */
  readonly severity: 1 | 2 | 3
}

const rules = {
  ssh: [9_000_001, 'POLICY Outbound SSH on an unusual port', 'Potential Corporate Privacy Violation', 2],
  stratum: [
    9_000_002,
    'COINMINER Stratum mining protocol, subscribe or authorize',
    'Crypto Currency Mining Activity Detected',
    1,
  ],
  submit: [
    9_000_003,
    'COINMINER Stratum mining protocol, share submitted',
    'Crypto Currency Mining Activity Detected',
    1,
  ],
  rpc: [9_000_004, 'POLICY JSON-RPC over bare TCP, possible coin miner', 'Misc activity', 3],
  scan: [
    9_000_005,
    'SCAN Internal network, many services tried by one source',
    'Attempted Information Leak',
    2,
  ],
  metadata: [9_000_006, 'POLICY Cloud instance metadata service read', 'Attempted Information Leak', 2],
  cloud: [9_000_007, 'POLICY Cloud control API called from a training network', 'Potentially Bad Traffic', 1],
  oddHttp: [9_000_008, 'POLICY Plain HTTP on an unusual port', 'Potentially Bad Traffic', 3],
  telemetry: [9_000_009, 'POLICY Telemetry upload to an unlisted collector', 'Potentially Bad Traffic', 3],
  mail: [9_000_011, 'POLICY Outbound mail is closed', 'Potential Corporate Privacy Violation', 3],
  closed: [9_000_012, 'POLICY Control network is closed to sandboxes', 'Attempted Information Leak', 1],
  inbound: [9_000_010, 'SCAN Inbound probe of a published port', 'Attempted Information Leak', 2],
} as const

export function raiseAlerts(flows: readonly Flow[], plan: LabPlan): Alert[] {
  const alerts: Alert[] = []
  const raise = (flow: Flow, us: number, rule: keyof typeof rules) => {
    const [sid, signature, category, severity] = rules[rule]
    alerts.push({ flow, us, sid, signature, category, severity })
  }
  const recent: { us: number; target: string }[] = []
  for (const flow of flows) {
    const app = flow.application
    const inbound = flow.src !== plan.natIp
    if (flow.blocked)
      raise(flow, flow.blocked.us, flow.blocked.prefix === closedPrefixes.mail ? 'mail' : 'closed')
    if (app.protocol === 'ssh' && flow.dstPort !== 22) raise(flow, app.us, 'ssh')
    if (app.protocol === 'json-lines') judgeJson(flow, app.methods, raise)
    if (app.protocol === 'tls' && app.sni?.startsWith('ecs.')) raise(flow, app.us, 'cloud')
    if (app.protocol === 'http') {
      if (inbound) raise(flow, app.us, 'inbound')
      else if (flow.dst === plan.internal.metadataIp) raise(flow, app.us, 'metadata')
      else if (`${app.url} ${app.body}`.includes('Action=RunInstances')) raise(flow, app.us, 'cloud')
      else if (flow.dstPort === 4318) raise(flow, app.us, 'telemetry')
      else if (flow.dstPort !== 80) raise(flow, app.us, 'oddHttp')
    }
    if (flow.protocol === 'tcp' && flow.dst.startsWith(`${plan.internal.prefix}.`)) {
      recent.push({ us: flow.startUs, target: `${flow.dst}:${flow.dstPort}` })
      while (recent[0] && flow.startUs - recent[0].us > 10_000_000) recent.shift()
      const targets = new Set(recent.map((r) => r.target)).size
      if (targets >= 5 && targets % 5 === 0) raise(flow, flow.startUs, 'scan')
    }
  }
  return alerts.sort((a, b) => a.us - b.us)
}

/** Subscribe and authorize once a flow; shares at most every 15 s, as an IDS limits a chatty rule. */
function judgeJson(
  flow: Flow,
  methods: readonly { us: number; method: string }[],
  raise: (flow: Flow, us: number, rule: 'stratum' | 'submit' | 'rpc') => void,
): void {
  const first = methods[0]
  const mining = methods.find(({ method }) => /^mining\.(subscribe|authorize)$/.test(method))
  if (mining) raise(flow, mining.us, 'stratum')
  else if (first) raise(flow, first.us, 'rpc')
  let nextUs = 0
  for (const { us, method } of methods) {
    if (method !== 'mining.submit' || us < nextUs) continue
    raise(flow, us, 'submit')
    nextUs = us + 15_000_000
  }
}
