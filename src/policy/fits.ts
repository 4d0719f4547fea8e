// Does one rule fit one ask? Yes, no and why not, or only later bytes can tell.

import { plain } from '../base/terminal.ts'
import type { Ask, AskStage } from '../schema/ask.ts'
import type { DecisionCode } from '../schema/decision.ts'
import { listsOnPurpose } from './addresses.ts'
import type { CompiledPolicy, CompiledRule } from './compile.ts'
import type { Subject } from './decide.ts'
import { type PathPattern, pathFits, readPath } from './paths.ts'
import { datagramProtocols, forbiddenLayer, portProtocols, showsProtocol } from './protocols.ts'

export type Fit =
  | { readonly is: 'yes' }
  | { readonly is: 'no'; readonly code: DecisionCode; readonly why: string }
  | { readonly is: 'later'; readonly until: AskStage; readonly intercept?: boolean }

export interface FitContext {
  readonly compiled: CompiledPolicy
  readonly ask: Ask
  readonly subject: Subject
  /** TLS with this host is opened by the gateway. */
  readonly intercepted: boolean
  /** The tool where it is known for certain. */
  readonly tool: string | undefined
}

const yes: Fit = { is: 'yes' }
const atBytes: Fit = { is: 'later', until: 'bytes' }
const atRequest: Fit = { is: 'later', until: 'request' }
const atOpenedRequest: Fit = { is: 'later', until: 'request', intercept: true }
/** Types whose answer our own resolver makes up. */
const plainTypes = new Set(['A', 'AAAA', 'HTTPS', 'SVCB'])

/** How an allow rule whose host fits takes the rest of the ask. */
export function allowFits(compiledRule: CompiledRule, context: FitContext): Fit {
  const { rule, ports, tools } = compiledRule
  const { ask, subject, tool } = context
  if (subject.kind === 'ip' && subject.special) {
    const { range } = compiledRule
    if (range === undefined || !listsOnPurpose(range, subject.special)) {
      return no(subject.special.code, `it is ${subject.special.what}, and no rule lists it on purpose`)
    }
  }
  const phase = ask.phase ?? 'agent'
  if (rule.phases && !rule.phases.includes(phase)) {
    return no('phase', `it is open in ${listed(rule.phases)}, not in ${phase}`)
  }
  if (tools && (tool === undefined || !tools.has(tool))) {
    const unsure = tool === undefined && ask.tool !== undefined
    return no(
      'tool',
      `it is open to ${listed([...tools])}, not to ${tool === undefined ? 'an unknown call' : plain(tool, 60)}${unsure ? ` (that it is ${plain(ask.tool ?? '', 60)} is only a label)` : ''}`,
    )
  }
  if (ask.stage === 'name') return dnsTypeFits(rule.dnsTypes, ask.dnsType)
  const transport = ask.transport ?? 'tcp'
  if (transport === 'other' || !(rule.transports ?? tcpOnly).includes(transport)) {
    return no('transport', `it is open for ${listed(rule.transports ?? tcpOnly)}, not for ${transport}`)
  }
  if (transport === 'icmp') return yes
  const { port } = ask
  if (port === undefined) return no('port', 'the port is not known')
  if (ports && !ports.some(({ from, to }) => port >= from && port <= to)) {
    return no('port', `it is open on ${portsText(ports)}, not on ${port}`)
  }
  if (transport === 'udp') return datagramFits(compiledRule, ask, port)
  if (ask.stage === 'connect' || ask.stage === 'resolved') return atBytes
  return bytesFit(compiledRule, context, port)
}

const tcpOnly: readonly ('tcp' | 'udp' | 'icmp')[] = ['tcp']

/** A datagram is there as a whole when it is first asked about; without its bytes the rest decides. */
function datagramFits(compiledRule: CompiledRule, { layers }: Ask, port: number): Fit {
  if (compiledRule.methods || compiledRule.paths) return notHttp('udp')
  const wrong = layers && forbiddenLayer(layers, compiledRule.layers ?? datagramProtocols)
  if (wrong === undefined) return yes
  const seen = wrong === 'other' ? 'datagrams of no known protocol' : wrong
  const { protocols } = compiledRule.rule
  return no(
    'protocol',
    `${seen} on port ${port}, where ${protocols ? `${listed(protocols)} is open` : `${wrong} has to be named`}`,
  )
}

function bytesFit(compiledRule: CompiledRule, { ask, subject, intercepted }: FitContext, port: number): Fit {
  const { rule, methods, paths } = compiledRule
  const { layers } = ask
  if (layers === undefined) return ask.stage === 'bytes' ? atBytes : no('protocol', 'its bytes are not known')
  const allowed = compiledRule.layers ?? portProtocols(port)
  const wrong = forbiddenLayer(layers, allowed)
  if (wrong !== undefined) {
    const seen = wrong === 'other' ? 'bytes of no known protocol' : wrong
    return no(
      'protocol',
      `${seen}${layers.length > 1 ? ` inside ${layers[0]}` : ''} on port ${port}, where ${rule.protocols ? listed(rule.protocols) : 'the port means something else'}${rule.protocols ? ' is open' : ''}`,
    )
  }
  const sealed = layers[0] === 'tls' && layers.length === 1
  const wantsRequest = methods !== undefined || paths !== undefined
  if (sealed && ask.method === undefined) {
    if (wantsRequest || intercepted) return atOpenedRequest
    if (ask.ech && !rule.echAllowed)
      return no('ech', 'it offers an Encrypted Client Hello, so that its real name is hidden')
    if (subject.kind === 'name' && ask.sni === undefined && !rule.sniOptional) {
      return no('no-sni', 'its TLS names no server')
    }
    return yes
  }
  if (!layers.includes('http') && !layers.includes('http2')) {
    return wantsRequest && !sealed ? notHttp(layers[0] ?? 'it') : requestFits(compiledRule, ask)
  }
  if (ask.stage === 'bytes' && layers.at(-1)!.startsWith('http')) return atRequest
  return requestFits(compiledRule, ask)
}

function requestFits({ methods, paths }: CompiledRule, ask: Ask): Fit {
  // A request that opens a tunnel to elsewhere is no use of this host.
  if (ask.method === 'CONNECT' && !methods?.has('CONNECT')) {
    return no('method', 'CONNECT would open a tunnel through it')
  }
  if (methods) {
    if (ask.method === undefined) return no('method', 'its method is not known')
    if (!methods.has(ask.method)) {
      return no('method', `only ${listed([...methods])} may be used, not ${plain(ask.method, 40)}`)
    }
  }
  return paths ? pathsFit(paths, ask.path) : yes
}

function pathsFit(paths: readonly PathPattern[], path: string | undefined): Fit {
  if (path === undefined) return no('path', 'its path is not known')
  const read = readPath(path)
  if ('ambiguous' in read)
    return no('ambiguous-path', `the path ${plain(path, 100)} is refused: ${read.ambiguous}`)
  for (const segments of read.readings) {
    if (!paths.some((pattern) => pathFits(pattern, segments))) {
      return no('path', `only ${listed(paths.map(({ text }) => text))} is open, not ${plain(path, 100)}`)
    }
  }
  return yes
}

/** How a deny rule whose host fits takes the rest of the ask. What is not known counts against the ask. */
export function denyFits({ rule, ports, methods, paths, tools }: CompiledRule, context: FitContext): Fit {
  const { ask, tool, intercepted } = context
  if (rule.phases && !rule.phases.includes(ask.phase ?? 'agent')) return unfit
  if (tools && tool !== undefined && !tools.has(tool)) return unfit
  const narrow = rule.protocols !== undefined || methods !== undefined || paths !== undefined
  if (ask.stage === 'name') {
    const typed = rule.dnsTypes !== undefined && !rule.dnsTypes.includes((ask.dnsType ?? 'A').toUpperCase())
    return narrow || ports || rule.transports || typed ? unfit : yes
  }
  if (rule.dnsTypes) return unfit
  const transport = ask.transport ?? 'tcp'
  if (rule.transports && (transport === 'other' || !rule.transports.includes(transport))) return unfit
  const { port, layers } = ask
  if (ports && port !== undefined && !ports.some(({ from, to }) => port >= from && port <= to)) return unfit
  if (!narrow) return yes
  if (transport !== 'tcp') {
    return rule.protocols?.some((one) => layers && showsProtocol(layers, one)) && !methods && !paths
      ? yes
      : unfit
  }
  if (ask.stage === 'connect' || ask.stage === 'resolved' || layers === undefined) return atBytes
  if (rule.protocols && !rule.protocols.some((word) => showsProtocol(layers, word))) {
    return layers[0] === 'tls' && layers.length === 1 && intercepted ? atOpenedRequest : unfit
  }
  if (!methods && !paths) return yes
  if (ask.method === undefined) {
    if (layers.at(-1) === 'tls') return atOpenedRequest
    return layers.includes('http') || layers.includes('http2') ? atRequest : unfit
  }
  if (methods && !methods.has(ask.method)) return unfit
  if (!paths) return yes
  const read = readPath(ask.path ?? '')
  if ('ambiguous' in read) return yes
  return read.readings.some((segments) => paths.some((one) => pathFits(one, segments))) ? yes : unfit
}

const unfit: Fit = { is: 'no', code: 'not-listed', why: '' }

function dnsTypeFits(types: readonly string[] | undefined, asked: string | undefined): Fit {
  const type = (asked ?? 'A').toUpperCase()
  if (plainTypes.has(type) || types?.includes(type)) return yes
  return no('dns-type', `lookups of type ${plain(type, 20)} carry data and are not open for it`)
}

function notHttp(what: string): Fit {
  return no('protocol', `the rule speaks of HTTP requests, and ${what} is none`)
}

function no(code: DecisionCode, why: string): Fit {
  return { is: 'no', code, why }
}

export function portsText(ports: readonly { from: number; to: number }[]): string {
  return listed(ports.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)))
}

function listed(list: readonly string[]): string {
  const shown = list.slice(0, 6)
  if (shown.length < list.length) shown.push(`${list.length - shown.length} more`)
  return shown.length < 2 ? (shown[0] ?? 'nothing') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}
