// Answers for the world: decides every first packet that leaves a sandbox, dials what may be dialled, records all of it.

import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { canonicalIp } from '../base/ip.ts'
import { sniffDatagram } from '../protocols/datagram.ts'
import {
  datagramFor,
  fillTcpChecksum,
  type IpPacket,
  readIpPacket,
  resetFor,
} from '../protocols/ip-packet.ts'
import type { Observed } from '../protocols/sniff.ts'
import type { Ask } from '../schema/ask.ts'
import type { FirstPacket } from '../schema/box-network.ts'
import type { Decision } from '../schema/decision.ts'
import type { JournalActor, JournalLine, NetworkActivityLine } from '../schema/journal.ts'
import {
  type ConnectionEvent,
  type Flow,
  type GatewayConnection,
  type GatewayOptions,
  limits,
} from './api.ts'
import { denialBytes } from './denials.ts'
import { serveDns } from './dns-stream.ts'
import { type RequestFacts, startHttpRelay } from './http-relay.ts'
import { askOf } from './inspect.ts'
import { openTls, openUpstream } from './intercept.ts'
import { syntheticNames } from './names.ts'
import { readProxyRequest } from './proxy.ts'
import { type Relay, relay, resetStream } from './relay.ts'
import { answerQuery } from './resolver.ts'
import { type DialFailure, dial, vetAddress } from './upstream.ts'

export interface Gateway {
  /** What is open now. */
  connections(): readonly GatewayConnection[]
  /** Resets all that `which` picks, and says how many. */
  cut(which: (connection: GatewayConnection) => boolean, reason: string): number
  /** First packets that the kernel could not tell us of, so far. They were not answered. */
  lost(): number
  close(): Promise<void>
}

/** A connection from its first packet to its end. */
interface Link extends GatewayConnection {
  readonly name: string | undefined
  /** Through a proxy, where a name is said and not looked up. */
  readonly asked: boolean
  line: NetworkActivityLine
  readonly startedAt: number
  upstream: Socket | undefined
  relay: Relay | undefined
  timer: NodeJS.Timeout | undefined
  cutFor: string | undefined
  /** The address that its name led to. */
  dialled: string | undefined
  /** The first decision that let it pass. */
  decision: Decision
  /** Of a connection that goes on as HTTP. */
  cutEnds: (() => void) | undefined
}

/** A connection to the gateway itself. */
interface Service {
  readonly unit: number
  readonly flow: Flow
  readonly actor: JournalActor
  timer: NodeJS.Timeout | undefined
}

const noBytes = new Uint8Array(0)

export function openGateway(options: GatewayOptions): Gateway {
  const { network, box, mode, record, now } = options
  const names = syntheticNames(options.syntheticRange)
  /** Being decided or dialled, or dialled and not taken up yet; by flow. */
  const waiting = new Map<string, Link>()
  const open = new Set<Link>()
  /** On their way to a service of the gateway's own; by flow. */
  const services = new Map<string, Service>()
  let count = 0
  let lostCount = 0
  let closed = false

  const http = startHttpRelay()
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, accept)
  server.listen({ fd: network.listenFd })
  server.on('error', () => {})
  network.listen(onPacket, (lost) => {
    lostCount += lost
  })

  function onPacket({ unit, scope, bytes }: FirstPacket): void {
    if (closed || scope === 'local') return
    const packet = readIpPacket(bytes)
    if (!packet) return
    const flow = flowOf(packet)
    if (packet.protocol === 'tcp') onSyn(bytes, packet, unit, flow)
    else if (packet.protocol === 'udp' && packet.dstPort === 53) onQuery(bytes.slice(), packet, unit, flow)
    else onOther(bytes, packet, unit, flow)
  }

  function onSyn(bytes: Uint8Array, packet: IpPacket, unit: number, flow: Flow): void {
    const key = keyOf(flow)
    if (waiting.has(key)) return // Sent again while it is dialled.
    // As over UDP, whatever server a query is meant for, the resolver here answers.
    const query = flow.dst.port === 53 && names.nameOf(flow.dst.ip) === undefined
    if (query || flow.dst.ip === network.addresses.gateway) {
      onOwnService(bytes, packet, unit, flow, key)
      return
    }
    const link = linkOf(unit, flow)
    const refuse = (decision: Decision) => {
      if (keep(link, refusalOf(link, decision))) tell('refuse', link)
      network.send(resetFor(bytes, packet))
    }
    if (open.size + waiting.size >= limits.connections) {
      refuse(fault('limit', `more than ${limits.connections} connections at once`))
      return
    }
    const { decision, denied } = judge(link, { stage: 'connect' })
    if (denied) {
      refuse(decision)
      return
    }
    const syn = bytes.slice()
    waiting.set(key, link)
    void (async () => {
      const answer = await reach(link, decision)
      if (typeof answer === 'string' || 'verdict' in answer) {
        waiting.delete(key)
        // A host that does not answer is not answered for; all else is a refusal the program sees at once.
        if (answer !== 'no-answer') network.send(resetFor(syn, packet))
        if (typeof answer !== 'string') refuse(answer)
        return
      }
      link.upstream = answer
      answer.on('error', () => {})
      link.timer = setTimeout(() => {
        waiting.delete(key)
        answer.destroy()
        keep(link, closeOf(link, { outcome: 'no-answer' }))
        tell('close', link)
      }, limits.acceptMs)
      fillTcpChecksum(syn, packet)
      network.send(syn)
    })()
  }

  /** The resolver over TCP, and on any other port a proxy: nothing is dialled before it says where to. */
  function onOwnService(bytes: Uint8Array, packet: IpPacket, unit: number, flow: Flow, key: string): void {
    const service: Service = { unit, flow, actor: options.actorOf(unit, flow), timer: undefined }
    service.timer = setTimeout(() => services.delete(key), limits.acceptMs)
    services.set(key, service)
    const syn = bytes.slice()
    fillTcpChecksum(syn, packet)
    network.send(syn)
  }

  async function serve(client: Socket, { unit, flow, actor, timer }: Service): Promise<void> {
    clearTimeout(timer)
    if (flow.dst.port === 53) {
      serveDns(client, (query) =>
        answerQuery(query, flow, actor, options.contextOf(unit), names, {
          ...options,
          decide: (ask) => options.decide(ask, unit),
        }),
      )
      return
    }
    const request = await readProxyRequest(client)
    if (!request) return
    const link = linkOf(unit, flow, { host: request.host, port: request.port })
    const refuse = (decision: Decision) => {
      if (keep(link, refusalOf(link, decision))) tell('refuse', link)
      request.deny(decision)
    }
    const { decision, denied } = judge(link, { stage: 'connect' })
    if (denied) {
      refuse(decision)
      return
    }
    const answer = await reach(link, decision)
    if (typeof answer === 'string') request.fail()
    else if ('verdict' in answer) refuse(answer)
    else {
      request.grant()
      start(link, client, answer)
    }
  }

  /** Resolves, vets, records and dials, in this order. */
  async function reach(link: Link, first: Decision): Promise<Socket | DialFailure | Decision> {
    let judged = first
    let vetted: Awaited<ReturnType<typeof vetAddress>>
    try {
      vetted = await vetAddress(link.name ?? link.flow.dst.ip, options.resolve, (ip) => {
        const { decision, denied } = judge(link, { stage: 'resolved', resolved: ip })
        if (decision.verdict === 'deny') judged = decision
        return denied ? decision : { ...decision, verdict: 'allow' }
      })
    } catch {}
    if (vetted && 'refusal' in vetted) return vetted.refusal
    link.decision = first
    const ip = vetted?.ip ?? ''
    if (link.name !== undefined && ip !== '') link.dialled = ip
    if (!keep(link, openOf(link, judged, ip))) return fault('fault', 'the recording cannot be written')
    tell('open', link)
    if (vetted === undefined) return failed(link, 'no-address')
    const socket = await dial(ip, link.flow.dst.port)
    if (typeof socket === 'string') return failed(link, socket)
    if (link.cutFor === undefined) return socket
    socket.resetAndDestroy()
    return failed(link, 'reset')
  }

  function failed(link: Link, failure: DialFailure): DialFailure {
    keep(link, closeOf(link, { outcome: failure === 'no-address' ? 'no-answer' : failure }))
    tell('close', link)
    return failure
  }

  function accept(client: Socket): void {
    client.on('error', () => {})
    let link: Link | undefined
    try {
      const six = client.remoteFamily === 'IPv6' && !client.remoteAddress?.startsWith('::ffff:')
      const dst = network.originalDestination(fdOf(client), six ? 6 : 4)
      const src = { ip: canonicalIp(client.remoteAddress ?? '') ?? '', port: client.remotePort ?? 0 }
      const key = keyOf({ transport: 'tcp', src, dst })
      const service = services.get(key)
      services.delete(key)
      if (service) {
        void serve(client, service)
        return
      }
      link = waiting.get(key)
      waiting.delete(key)
    } catch {} // Closed meanwhile, or connected to the listener itself.
    const upstream = link?.upstream
    if (!link || !upstream) return void client.resetAndDestroy()
    clearTimeout(link.timer)
    start(link, client, upstream)
  }

  function start(link: Link, client: Socket, upstream: Socket): void {
    open.add(link)
    link.relay = relay({
      client,
      upstream,
      decideBytes: (observed) => judgeBytes(link, observed),
      denial: denialBytes,
      spend: (bytes) => spend(link, bytes),
      takeOver: (observed) => asHttp(link, client, upstream, observed),
      now,
      onObserved(observed, decision) {
        link.line = { ...link.line, observed: { ...link.line.observed, ...observedOf(observed) } }
        if (observed.mining) link.line = { ...link.line, mining: observed.mining }
        if (decision.verdict === 'deny') {
          link.line = { ...link.line, disposition: 'blocked', policy: policyOf(decision) }
        }
        for (const line of seenLines(link.line, observed)) keepAlso(link, line)
        tell('bytes', link)
      },
      onClose({ bytesIn, bytesOut, reset, bursts }) {
        open.delete(link)
        const outcome = reset ? 'reset' : 'established'
        keep(link, closeOf(link, { bytesIn, bytesOut, outcome, ...(bursts && { bursts }) }))
        tell('close', link)
      },
    })
  }

  /** The connection goes on as HTTP, its TLS opened where it has some; each request is decided by itself. */
  function asHttp(link: Link, client: Socket, upstream: Socket, observed: Observed): void {
    const tls = observed.layers[0] === 'tls'
    const host = observed.sni ?? link.name ?? link.flow.dst.ip
    const ends =
      tls && options.authority ? openTls(options.authority, client, upstream, host) : { client, upstream }
    link.cutEnds = () => {
      resetStream(client)
      resetStream(upstream)
    }
    let bytesIn = 0
    let bytesOut = 0
    const closed = () => {
      bytesOut = client.bytesRead
      bytesIn = client.bytesWritten
      open.delete(link)
      keep(
        link,
        closeOf(link, { bytesIn, bytesOut, outcome: link.cutFor === undefined ? 'established' : 'reset' }),
      )
      tell('close', link)
    }
    http.take({
      ...ends,
      redial: async () => {
        const answer = await reach(linkOf(link.unit, link.flow), link.decision)
        if (typeof answer === 'string' || 'verdict' in answer)
          throw new Error('the host cannot be reached again')
        return tls && options.authority ? openUpstream(answer, host) : answer
      },
      decide: (request) => {
        const { decision, denied } = judge(link, {
          stage: 'request',
          ...askOf(observed),
          layers: [...(tls ? ['tls'] : []), 'http'],
          method: request.method,
          path: request.path,
          ...(request.host !== undefined && { httpHost: request.host }),
        })
        return denied || decision.verdict === 'ask-more'
          ? { ...decision, verdict: 'deny' }
          : { ...decision, verdict: 'allow' }
      },
      onRequest: (request, decision, status) =>
        keepAlso(link, requestLine(link.line, request, decision, status)),
      spend: (bytes) => spend(link, bytes),
      onUpgrade: (one, other) => relayUpgraded(link, one, other),
      onClose: closed,
    })
  }

  /** What a request was upgraded to: passed on, looked at, and cut when it shows what may not be. */
  function relayUpgraded(link: Link, client: Duplex, upstream: Duplex): void {
    relay({
      client,
      upstream,
      decideBytes: (observed) => {
        const layers = ['http', 'websocket', ...observed.layers]
        const { decision, denied } = judge(link, { stage: 'bytes', layers })
        return denied ? decision : { ...decision, verdict: 'allow' }
      },
      denial: () => undefined,
      spend: (bytes) => spend(link, bytes),
      now,
      onObserved(observed, decision) {
        const inner = { ...observed, layers: ['http', 'websocket', ...observed.layers] }
        link.line = { ...link.line, observed: { ...link.line.observed, ...observedOf(inner) } }
        if (observed.mining) link.line = { ...link.line, mining: observed.mining }
        if (decision.verdict === 'deny')
          link.line = { ...link.line, disposition: 'blocked', policy: policyOf(decision) }
        for (const line of seenLines(link.line, inner)) keepAlso(link, line)
        tell('bytes', link)
      },
      onClose() {},
    })
  }

  /** False when a limit on bytes is reached: the connection is cut, and says why. */
  function spend(link: Link, bytes: number): boolean {
    const exceeded = options.spend?.({ ...baseAsk(link), stage: 'bytes' }, link.decision, link.unit, bytes)
    if (exceeded === undefined || mode !== 'enforce') return true
    link.cut(exceeded.reason)
    return false
  }

  function judgeBytes(link: Link, observed: Observed): Decision {
    const seen = askOf(observed)
    let { decision } = judge(link, { stage: 'bytes', ...seen })
    const request =
      observed.layers.length === 1 && observed.layers[0] === 'http' && observed.http?.method !== undefined
    // Each request is decided, not the first alone: the connection goes on as HTTP.
    if (request && decision.verdict === 'allow')
      decision = { ...decision, verdict: 'ask-more', until: 'request' }
    const opened =
      decision.intercept === true && options.authority !== undefined && observed.layers[0] === 'tls'
    if (decision.verdict === 'ask-more' && !request && !opened) {
      decision = { ...decision, verdict: 'deny', reason: `${decision.reason}; it cannot be looked into` }
    }
    if (decision.verdict !== 'deny' || mode === 'enforce') return decision
    link.line = { ...link.line, wouldBlock: true, policy: policyOf(decision) }
    return { ...decision, verdict: 'allow' }
  }

  function onQuery(bytes: Uint8Array, packet: IpPacket, unit: number, flow: Flow): void {
    const query = bytes.subarray(packet.payloadAt)
    const actor = options.actorOf(unit, flow)
    void answerQuery(query, flow, actor, options.contextOf(unit), names, {
      ...options,
      decide: (ask) => options.decide(ask, unit),
    }).then(
      (reply) => {
        if (reply) network.send(datagramFor(bytes, packet, reply))
      },
      () => {},
    )
  }

  /** What is neither TCP nor DNS is not relayed: the kernel refused it already, and here it is said and kept. */
  function onOther(bytes: Uint8Array, packet: IpPacket, unit: number, flow: Flow): void {
    const link = linkOf(unit, flow)
    const decision = options.decide({ ...baseAsk(link), stage: 'connect' }, unit)
    const protocol =
      packet.protocol === 'udp' ? sniffDatagram(bytes.subarray(packet.payloadAt), packet.dstPort) : undefined
    const reason = `${packet.protocol === 'other' ? `IP protocol ${packet.number}` : packet.protocol} is not relayed`
    const refusal =
      decision.verdict === 'deny'
        ? decision
        : { ...decision, verdict: 'deny' as const, code: 'transport' as const, reason }
    const line = refusalOf(link, refusal)
    if (keep(link, protocol === undefined ? line : { ...line, observed: { ...line.observed, protocol } })) {
      tell('refuse', link)
    }
  }

  /** `asked`: where a proxy was asked to go, in place of where the connection itself went. */
  function linkOf(unit: number, seen: Flow, asked?: { readonly host: string; readonly port: number }): Link {
    const id = `${box}-${(++count).toString(36)}`
    const literal = asked && canonicalIp(asked.host)
    const name = asked ? (literal === undefined ? asked.host : undefined) : names.nameOf(seen.dst.ip)
    const flow = asked ? { ...seen, dst: { ip: literal ?? '', port: asked.port } } : seen
    const actor = options.actorOf(unit, seen)
    const link: Link = {
      id,
      unit,
      flow,
      name,
      asked: asked !== undefined,
      actor,
      startedAt: now(),
      upstream: undefined,
      relay: undefined,
      timer: undefined,
      cutFor: undefined,
      cutEnds: undefined,
      dialled: undefined,
      decision: fault('fault', 'not decided yet'),
      line: {
        class: 'network_activity',
        box,
        activity: 'open',
        connection: id,
        transport: flow.transport,
        srcEndpoint: { ip: flow.src.ip, port: flow.src.port },
        dstEndpoint: {
          ip: name === undefined ? flow.dst.ip : '',
          port: flow.dst.port,
          ...(name !== undefined && { hostname: name }),
        },
        disposition: 'allowed',
        ...(name !== undefined && { observed: asked ? { connectName: name } : { dnsName: name } }),
        actor,
      },
      get clientHead() {
        return link.relay?.clientHead ?? noBytes
      },
      get serverHead() {
        return link.relay?.serverHead ?? noBytes
      },
      cut(reason) {
        link.cutFor ??= reason
        if (link.cutEnds) link.cutEnds()
        else if (link.relay) link.relay.cut()
        else link.upstream?.resetAndDestroy()
      },
    }
    return link
  }

  function baseAsk({ flow, name, asked, unit, dialled }: Link): Ask {
    return {
      stage: 'connect',
      transport: flow.transport,
      port: flow.dst.port,
      ...(dialled !== undefined && { resolved: dialled }),
      // An address of the range that stands for no name is judged as the address it is.
      ...(name === undefined ? { ip: flow.dst.ip } : asked ? { connectName: name } : { dnsName: name }),
      ...options.contextOf(unit),
    }
  }

  /** `denied`: refuse it. A mode that only watches lets it pass, but for what no mode may open. */
  function judge(link: Link, more: Partial<Ask>): { decision: Decision; denied: boolean } {
    const decision = options.decide({ ...baseAsk(link), ...more }, link.unit)
    if (decision.verdict !== 'deny') return { decision, denied: false }
    const always =
      decision.code === 'own-address' || decision.code === 'metadata-address' || decision.code === 'fault'
    const denied = mode === 'enforce' || always
    if (!denied) link.line = { ...link.line, wouldBlock: true, policy: policyOf(decision) }
    return { decision, denied }
  }

  function keep(link: Link, line: NetworkActivityLine): boolean {
    try {
      record(line)
      link.line = line
      return true
    } catch {
      return false
    }
  }

  /** What the bytes are is worth a line, but no reason to stop what was let pass. */
  function keepAlso(link: Link, line: JournalLine): void {
    try {
      record(line)
    } catch {
      link.cut('the recording cannot be written')
    }
  }

  function tell(kind: ConnectionEvent['kind'], connection: Link): void {
    options.onConnection?.({ kind, connection })
  }

  function closeOf(
    link: Link,
    end: Pick<NetworkActivityLine, 'bytesIn' | 'bytesOut' | 'outcome' | 'bursts'>,
  ): NetworkActivityLine {
    return {
      ...link.line,
      activity: 'close',
      ...end,
      duration: Math.round(now() - link.startedAt),
      ...(link.cutFor !== undefined && {
        disposition: 'blocked',
        policy: { rule: 'response', reason: link.cutFor },
      }),
    }
  }

  return {
    connections: () => [...open],
    cut(which, reason) {
      const chosen = [...open, ...waiting.values()].filter(which)
      for (const link of chosen) link.cut(reason)
      return chosen.length
    },
    lost: () => lostCount,
    async close() {
      closed = true
      for (const link of [...open, ...waiting.values()]) {
        clearTimeout(link.timer)
        link.cut('the sandbox was closed')
      }
      http.close()
      await closeServer(server)
    },
  }
}

function openOf(link: Link, decision: Decision, ip: string): NetworkActivityLine {
  const { line } = link
  return {
    ...line,
    dstEndpoint: { ...line.dstEndpoint, ip },
    ...(line.policy === undefined && { policy: policyOf(decision) }),
  }
}

function refusalOf({ line }: Link, decision: Decision): NetworkActivityLine {
  const { wouldBlock: _, ...rest } = line
  return { ...rest, activity: 'refuse', disposition: 'blocked', policy: policyOf(decision) }
}

function requestLine(
  { box, connection, srcEndpoint, dstEndpoint, actor }: NetworkActivityLine,
  { method, path, host, userAgent }: RequestFacts,
  decision: Decision,
  status: number | undefined,
): JournalLine {
  return {
    class: 'http_activity',
    box,
    connection,
    srcEndpoint,
    dstEndpoint,
    disposition: decision.verdict === 'allow' ? 'allowed' : 'blocked',
    policy: policyOf(decision),
    http: {
      method,
      path,
      ...(host !== undefined && { host }),
      ...(userAgent !== undefined && { userAgent }),
      ...(status !== undefined && { status }),
    },
    actor,
  }
}

/** The lines that say what a connection's bytes are: in the words of its protocol where it has some. */
function seenLines(
  line: NetworkActivityLine,
  { ssh, http, httpHost, layers, mining }: Observed,
): JournalLine[] {
  if (layers.length === 0 && !mining) return []
  const { box, connection, srcEndpoint, dstEndpoint, disposition, policy, actor } = line
  const common = { box, connection, srcEndpoint, dstEndpoint, disposition, ...(policy && { policy }), actor }
  const traffic = { ...line, activity: 'traffic' as const }
  if (ssh) return [traffic, { ...common, class: 'ssh_activity', ssh }]
  // Requests that are decided one by one have a line each.
  if (!http || (layers.length === 1 && line.disposition === 'allowed')) return [traffic]
  const { method, path, userAgent, status } = http
  return [
    traffic,
    {
      ...common,
      class: 'http_activity',
      http: {
        ...(httpHost !== undefined && { host: httpHost }),
        ...(method !== undefined && { method }),
        ...(path !== undefined && { path }),
        ...(userAgent !== undefined && { userAgent }),
        ...(status !== undefined && { status }),
      },
    },
  ]
}

function policyOf({ rule, reason, code }: Decision) {
  return { rule, reason, code }
}

function fault(code: 'fault' | 'limit', reason: string): Decision {
  return { verdict: 'deny', code, rule: 'built-in: fail closed', reason }
}

function observedOf(observed: Observed): NonNullable<NetworkActivityLine['observed']> {
  const protocol = observed.layers.at(-1)
  return {
    layers: observed.layers,
    ...(protocol !== undefined && { protocol }),
    ...(observed.sni !== undefined && { sni: observed.sni }),
    ...(observed.alpn !== undefined && { alpn: observed.alpn }),
    ...(observed.ech && { ech: true }),
    ...(observed.httpHost !== undefined && { httpHost: observed.httpHost }),
  }
}

function flowOf(packet: IpPacket): Flow {
  return {
    transport: packet.protocol,
    src: { ip: packet.src, port: packet.srcPort },
    dst: { ip: packet.dst, port: packet.dstPort },
  }
}

function keyOf({ src, dst }: Pick<Flow, 'src' | 'dst'> & { transport: string }): string {
  return `${src.ip} ${src.port} ${dst.ip} ${dst.port}`
}

/** Node's typings do not know of the descriptor that every socket has. */
function fdOf(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
