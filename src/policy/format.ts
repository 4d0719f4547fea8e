// The format of a policy file: what keys there are, what they take, what they mean. The JSON schema is made from it.

import { phases } from '../schema/ask.ts'
import { policyModes } from '../schema/decision.ts'
import { severities } from '../schema/event.ts'
import { findingResponses, isolationNeeds } from '../schema/policy.ts'
import { type HostText, readHostText } from './host-patterns.ts'
import { presetNames } from './presets.ts'
import { report } from './problems.ts'
import { protocolWords } from './protocols.ts'
import { list, mapOf, object, type Shape, scalar, scalarOr, shown, word } from './shape.ts'
import {
  cores,
  count,
  dnsType,
  filePath,
  flag,
  method,
  note,
  path,
  ports,
  resolver,
  size,
  syntheticRange,
  tool,
  version,
} from './values.ts'

const hostSchema = { type: 'string', examples: ['api.example.com', '*.example.com:443', '10.0.0.0/8:5432'] }

/** A host on its own in a list, already with its line. */
const hostItem = (effect: Effect): Shape<RuleItem> => ({
  schema: hostSchema,
  read(node, at, context) {
    if (node.kind !== 'text')
      return report(context, node.line, `\`${at}\` wants hosts or maps; got ${shown(node)}`)
    const host = scalar<HostText>(hostSchema, (text) => readHostText(text, wide(effect))).read(
      node,
      at,
      context,
    )
    return host && { line: node.line, text: node.text, host }
  },
})

type Effect = 'allow' | 'deny'

/** Closing too much is a matter of taste; opening too much is not. */
function wide(effect: Effect): { wide: boolean } {
  return { wide: effect === 'deny' }
}

export const limits = object(
  {
    connectionsPerMinute: [count(0, 'connections per minute'), 'New connections in one minute.'],
    bytesOutPerHost: [size, 'Bytes that one host may be sent.'],
    bytesOutPerCall: [size, 'Bytes that one tool call may send.'],
    destinations: [count(0, 'a number of destinations'), 'Distinct hosts and addresses.'],
    namesPerMinute: [
      count(0, 'names per minute'),
      'Distinct names looked up under one wildcard in one minute.',
    ],
  },
  { title: 'Limits' },
)

const ruleFields = object(
  {
    host: [
      scalar({ type: 'string' }, (text) => ({ value: text })),
      'A name, `*.` and a name, an address, a range, or `any`.',
    ],
    ports: [list(ports), 'Default for `allow`: 443 and 80, or what the protocols use.'],
    protocols: [list(word(protocolWords)), 'Default: what belongs on the port.'],
    transports: [list(word(['tcp', 'udp', 'icmp'])), 'Default for `allow`: tcp.'],
    methods: [list(method), 'HTTP methods, or `read` for GET, HEAD and OPTIONS. Opens TLS at the gateway.'],
    paths: [list(path), 'Paths of HTTP requests. Opens TLS at the gateway.'],
    tools: [list(tool), 'Only for calls of these tools.'],
    phases: [list(word(phases)), 'Only in these phases.'],
    dnsTypes: [list(dnsType), 'Types of DNS query beside A and AAAA.'],
    sni: [word(['required', 'optional']), '`optional`: TLS without a server name is fine.'],
    ech: [
      word(['deny', 'allow']),
      '`allow`: an Encrypted Client Hello is fine, though it may hide the real name.',
    ],
    shared: [
      flag,
      'The wildcard is over a hosting service where anybody can have a name, and that is meant.',
    ],
    why: [note, 'Shown with the decision.'],
    limits: [limits, 'Limits for this rule alone.'],
  },
  { required: ['host'], title: 'Rule' },
)

type RuleFields = NonNullable<ReturnType<typeof ruleFields.read>>
export interface RuleItem {
  readonly line: number
  readonly text: string
  readonly host: HostText
  readonly fields?: RuleFields
}

const ruleMap = (effect: Effect): Shape<RuleItem> => ({
  schema: ruleFields.schema,
  read(node, at, context) {
    const fields = ruleFields.read(node, at, context)
    if (fields?.host === undefined) return undefined
    const hostNode = node.kind === 'map' ? node.fields.get('host')?.value : undefined
    const readHost = scalar<HostText>(hostSchema, (text) =>
      readHostText(text, { ...wide(effect), any: true, shared: fields.shared ?? false }),
    )
    const host = hostNode && readHost.read(hostNode, `${at}.host`, context)
    return host && { line: fields.line, text: fields.host, host, fields }
  },
})

const rules = (effect: Effect) => list(scalarOr(hostItem(effect), ruleMap(effect)))

const preset = word(presetNames)

const part = {
  presets: [list(preset), 'Named sets of hosts for common tools.'],
  allow: [rules('allow'), 'What is open. Everything else is closed.'],
  deny: [rules('deny'), 'What is closed whatever `allow` says.'],
  limits: [limits, 'How much, how often.'],
} as const

export const section = object(part, { title: 'Section' })

const patternItem = scalar<HostText>(hostSchema, (text) => {
  const read = readHostText(text, { shared: true })
  if ('wants' in read) return read
  return read.value.port ? { wants: 'hosts without a port', fix: 'Remove the port.' } : read
})

/** ATT&CK's tactics, as folders of detections and OCSF write them. */
export const tactics = [
  'reconnaissance',
  'resource-development',
  'initial-access',
  'execution',
  'persistence',
  'privilege-escalation',
  'defense-evasion',
  'credential-access',
  'discovery',
  'lateral-movement',
  'collection',
  'command-and-control',
  'exfiltration',
  'impact',
] as const
export const findingKinds = [
  'tunnel',
  'mining',
  'probing',
  'provisioning',
  'exfiltration',
  'alert',
  'other',
] as const

const findingKey = scalar<string>(
  { type: 'string', examples: ['critical', 'mining', 'tunnel.reverse-ssh', 'command-and-control'] },
  (text) => {
    const groups: readonly string[] = [...severities, ...findingKinds, ...tactics]
    if (groups.includes(text) || /^[a-z0-9-]{1,60}\.[a-z0-9.-]{1,100}$/.test(text)) return { value: text }
    return { wants: `a detection's id, a kind (${findingKinds.join(', ')}), an ATT&CK tactic or a severity` }
  },
)

export const policyFormat = object(
  {
    version: [version, 'Of this format.'],
    mode: [
      word(policyModes),
      '`enforce` (default), `shadow`: block nothing and say what would be blocked, `record`: block nothing.',
    ],
    ...part,
    phases: [
      object({
        setup: [section, 'Before the agent.'],
        agent: [section, 'The agent.'],
        verify: [section, 'After it.'],
      }),
      'Rules for one phase of a run only.',
    ],
    tools: [mapOf(tool, section), 'Rules for calls of one tool only.'],
    toolLabels: [
      word(['untrusted', 'trusted']),
      '`trusted`: rules for tools believe labels from the agent’s own side (hooks), which can be forged.',
    ],
    findings: [
      mapOf(findingKey, word(findingResponses)),
      'What to do, by detection, kind, ATT&CK tactic or severity; the most specific wins.',
    ],
    network: [
      object({
        syntheticRange: [syntheticRange, 'Addresses that stand for names inside. Default 198.18.0.0/15.'],
        private: [
          list(patternItem),
          'Names that may lead to private addresses; private addresses that names may lead to.',
        ],
        resolver: [resolver, "Where allowed names are looked up. Default: the machine's own resolver."],
      }),
      'How names become addresses.',
    ],
    filesystem: [
      object({
        write: [list(filePath), 'Writable beside the work folder.'],
        read: [list(filePath), 'Readable although hidden by default.'],
        hide: [list(filePath), 'Not to be seen inside.'],
        sockets: [list(filePath), 'Unix sockets that are reachable: docker.sock, ssh-agent, D-Bus.'],
      }),
      'What the agent sees of the disk.',
    ],
    resources: [
      object({
        memory: [size, 'Of all its processes together.'],
        processes: [count(1, 'a number of processes'), 'Processes and threads at once.'],
        cpu: [cores, 'Cores; fractions are fine.'],
      }),
      'How much of the machine.',
    ],
    intercept: [list(patternItem), 'Hosts whose TLS is opened by the gateway.'],
    isolation: [
      object({
        require: [list(word(isolationNeeds)), 'Without these the run ends with exit code 3.'],
        nestedNamespaces: [
          word(['allow', 'deny']),
          '`deny`: programs make no namespaces and no mounts, so no sandboxes of their own. Default allow.',
        ],
        ioUring: [
          word(['deny', 'allow']),
          '`allow`: io_uring works, whose requests no filter of system calls sees. Default deny.',
        ],
      }),
      'What the machine must be able to give, and what programs may do with the kernel.',
    ],
  },
  { required: ['version'], title: 'Vigiles policy' },
)
