// One item under `allow` or `deny` to one rule.

import type { Phase } from '../schema/ask.ts'
import type { PolicyRule, PortRange } from '../schema/policy.ts'
import type { RuleItem } from './format.ts'
import { type ReadContext, report } from './problems.ts'
import { transportOfWord } from './protocols.ts'

/** Where a protocol lives when a rule names no port. */
const homePorts: Readonly<Record<string, readonly number[]>> = {
  https: [443],
  tls: [443],
  http: [80],
  ssh: [22],
  git: [9418],
  redis: [6379],
  mqtt: [1883],
  smtp: [25, 465, 587],
  ftp: [21],
  vnc: [5900],
  rdp: [3389],
  quic: [443],
  ntp: [123],
  stun: [3478],
  wireguard: [51820],
  openvpn: [1194],
  tailscale: [41641],
}

export function makeRule(
  item: RuleItem,
  effect: 'allow' | 'deny',
  scope: { readonly phases?: readonly Phase[]; readonly tools?: readonly string[] },
  context: ReadContext,
): PolicyRule | undefined {
  const { line, text, host, fields } = item
  const at = `\`${effect}\``
  if (host.port && fields?.ports) {
    return report(
      context,
      line,
      `${at} has the port twice, in ${text} and under \`ports\``,
      'Keep one of them.',
    )
  }
  for (const key of ['ports', 'protocols', 'transports', 'methods', 'paths', 'tools', 'phases'] as const) {
    if (fields?.[key]?.length === 0) {
      return report(
        context,
        line,
        `\`${key}\` of ${text} is empty, so that the rule fits nothing`,
        'Fill it or remove it.',
      )
    }
  }
  for (const key of ['phases', 'tools'] as const) {
    if (scope[key] && fields?.[key]) {
      return report(
        context,
        line,
        `\`${key}\` of ${text} stands inside a section that says so already`,
        'Remove it.',
      )
    }
  }
  const { protocols, limits } = fields ?? {}
  const transports = fields?.transports ?? homeTransports(effect, protocols)
  const ports = host.port ? [host.port] : (fields?.ports ?? defaultPorts(effect, protocols, transports))
  if (ports === 'unknown') {
    return report(
      context,
      line,
      `${text} needs \`ports\`: its protocols live on no port of their own`,
      'For example ports: [5432].',
    )
  }
  warn(effect, item, context)
  const { line: _, ...limitNumbers } = limits ?? { line: 0 }
  return {
    effect,
    text,
    host: host.host,
    ...(ports && { ports }),
    ...(protocols && { protocols }),
    ...(transports && { transports }),
    ...(fields?.methods && { methods: [...new Set(fields.methods.flat())] }),
    ...(fields?.paths && { paths: fields.paths }),
    ...(fields?.tools && { tools: fields.tools }),
    ...(fields?.phases && { phases: fields.phases }),
    ...(fields?.dnsTypes && { dnsTypes: fields.dnsTypes }),
    ...(fields?.sni === 'optional' && { sniOptional: true }),
    ...(fields?.ech === 'allow' && { echAllowed: true }),
    ...(fields?.why !== undefined && { why: fields.why }),
    ...(limits && { limits: limitNumbers }),
    ...scope,
    source: { file: context.file, ...(line > 0 && { line }) },
  }
}

/** What says `quic` means UDP. */
function homeTransports(
  effect: 'allow' | 'deny',
  protocols: readonly string[] | undefined,
): readonly ('tcp' | 'udp')[] | undefined {
  if (effect === 'deny' || !protocols?.some((word) => transportOfWord(word) === 'udp')) return undefined
  return [...new Set(protocols.map(transportOfWord))].sort()
}

/** The ports an allow rule opens that names none; undefined leaves 443 and 80 to the compiler. */
function defaultPorts(
  effect: 'allow' | 'deny',
  protocols: readonly string[] | undefined,
  transports: readonly string[] | undefined,
): readonly PortRange[] | 'unknown' | undefined {
  if (effect === 'deny') return undefined
  if (!protocols && transports && !transports.includes('tcp')) {
    return transports.includes('udp') ? 'unknown' : undefined
  }
  if (!protocols) return undefined
  const ports = protocols.flatMap((word) => (Object.hasOwn(homePorts, word) ? homePorts[word]! : []))
  if (ports.length === 0) return 'unknown'
  return [...new Set(ports)].map((port) => ({ from: port, to: port }))
}

function warn(effect: 'allow' | 'deny', { text, host, fields, line }: RuleItem, context: ReadContext): void {
  if (effect === 'deny') return
  if (host.host.kind === 'any') {
    const what = `\`allow\` opens every public host on the ports of this rule`
    report(context, line, what, 'Name the hosts if you can; `vigiles policy learn` finds them.', 'warning')
  }
  if (fields?.protocols?.includes('any')) {
    const what = `${text} is open for every protocol, tunnels included`
    report(context, line, what, 'Name the protocols if you can.', 'warning')
  }
}
