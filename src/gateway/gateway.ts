// Answers for the world: decides every first packet that leaves a sandbox, dials what may be dialled, records all of it.

import { createServer, isIPv4, type Server, type Socket } from 'node:net'
import { BoundedMap } from '../base/bounded-map.ts'
import { descriptorOf } from '../base/descriptor.ts'
import { canonicalIp } from '../base/ip.ts'
import { sniffDatagram } from '../protocols/datagram.ts'
import { readDns } from '../protocols/dns.ts'
import {
  datagramFor,
  fillTcpChecksum,
  type IpPacket,
  readIpPacket,
  resetFor,
  sequenceOf,
} from '../protocols/ip-packet.ts'
import type { FirstPacket } from '../schema/box-network.ts'
import type { Decision } from '../schema/decision.ts'
import type { JournalActor } from '../schema/journal.ts'
import { type Flow, flowOf, type GatewayConnection, type GatewayOptions, limits } from './api.ts'
import { startCarriage } from './carriage.ts'
import { startDatagrams } from './datagrams.ts'
import { serveDns } from './dns-stream.ts'
import { readFirstPackets } from './first-packets.ts'
import { fault, openOf, refusalOf } from './lines.ts'
import { type Link, Links } from './links.ts'
import { syntheticNames } from './names.ts'
import { readProxyRequest } from './proxy.ts'
import { resetStream } from './relay.ts'
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

/** What is forgotten is taken for a new connection when its first packet is sent again. */
const answeredMax = 32_768

/** A connection to the gateway itself. */
interface Service {
  readonly unit: number
  readonly flow: Flow
  readonly actor: JournalActor
  timer: NodeJS.Timeout | undefined
}

export function openGateway(options: GatewayOptions): Gateway {
  const { network } = options
  const names = syntheticNames(options.syntheticRange)
  const links = new Links(options, names)
  /** Being decided or dialled, or dialled and not taken up yet; by flow. */
  const waiting = new Map<string, { readonly link: Link; readonly number: number }>()
  /** How first packets were answered, by flow, with the number that tells a new connection from the same one. */
  const answered = new BoundedMap<string, { readonly number: number; readonly refused: boolean }>(answeredMax)
  /** On their way to a service of the gateway's own; by flow. */
  const services = new Map<string, Service>()
  /** What a proxy was asked for and is being dialled. */
  const asking = new Set<Link>()
  const clients = new Set<Socket>()
  let closed = false

  const carriage = startCarriage(options, links, async (link) => {
    const answer = await reach(links.make(link.unit, link.flow), link.decision)
    if (typeof answer === 'string' || 'verdict' in answer) throw new Error('the host cannot be reached again')
    return answer
  })
  const datagrams = startDatagrams({ ...options, opened }, links)
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, accept)
  server.listen({ fd: network.listenFd })
  server.on('error', () => {})
  const packets = readFirstPackets({ ...options, onPacket })

  function onPacket({ unit, scope, bytes }: FirstPacket): void {
    if (closed) return
    const packet = readIpPacket(bytes)
    if (!packet) return
    const flow = flowOf(packet)
    if (scope === 'local') {
      options.onLocal?.(unit, flow)
      return
    }
    if (packet.protocol === 'tcp') onSyn(bytes, packet, unit, flow)
    else if (packet.protocol === 'udp' && packet.dstPort === 53) onQuery(bytes.slice(), packet, unit, flow)
    else if (scope === 'relayed' && packet.dst !== network.addresses.gateway)
      datagrams.take(bytes, packet, unit, flow)
    else if (!isReturned(packet, bytes, unit)) onOther(bytes, packet, unit, flow)
  }

  /** A late answer of ours came to nobody, and the kernel says so: unreachable, in the name of no call. */
  function isReturned(packet: IpPacket, bytes: Uint8Array, unit: number): boolean {
    if (unit !== 0 || packet.protocol !== 'icmp') return false
    if (bytes[packet.transportAt] !== (packet.version === 6 ? 1 : 3)) return false
    return packet.dst === network.addresses.gateway || datagrams.returned(bytes, packet)
  }

  function onSyn(bytes: Uint8Array, packet: IpPacket, unit: number, flow: Flow): void {
    const key = keyOf(flow)
    const number = sequenceOf(bytes, packet)
    const earlier = waiting.get(key)
    if (earlier?.number === number) {
      // Sent again while it is dialled; or ours was lost on the way to the listener.
      if (earlier.link.upstream) network.send(filled(bytes, packet))
      return
    }
    // The program gave up, and the same port is another connection's now, of another call perhaps.
    if (earlier) abandon(key, earlier.link)
    // As over UDP, whatever server a query is meant for, the resolver here answers.
    const query = flow.dst.port === 53 && names.nameOf(flow.dst.ip) === undefined
    if (query || flow.dst.ip === network.addresses.gateway) {
      onOwnService(bytes, packet, unit, flow, key)
      return
    }
    const before = answered.get(key)
    if (before?.number === number) {
      // Sent again before our answer came: the same connection, and no second line.
      if (before.refused) network.send(resetFor(bytes, packet))
      return
    }
    const link = links.make(unit, flow)
    const refuse = (decision: Decision) => {
      answered.set(key, { number, refused: true })
      if (links.keep(link, refusalOf(link.line, decision))) links.tell('refuse', link)
      network.send(resetFor(bytes, packet))
    }
    if (carriage.open.size + waiting.size >= limits.connections) {
      refuse(fault('limit', `more than ${limits.connections} connections at once`))
      return
    }
    const { decision, denied } = links.judge(link, { stage: 'connect' })
    if (denied) {
      refuse(decision)
      return
    }
    const syn = bytes.slice()
    waiting.set(key, { link, number })
    void (async () => {
      const answer = await reach(link, decision)
      if (typeof answer === 'string' || 'verdict' in answer) {
        if (waiting.get(key)?.link === link) waiting.delete(key)
        // A host that does not answer is not answered for; all else is a refusal the program sees at once.
        if (answer !== 'no-answer') {
          answered.set(key, { number, refused: true })
          network.send(resetFor(syn, packet))
        }
        if (typeof answer !== 'string') refuse(answer)
        return
      }
      answered.set(key, { number, refused: false })
      link.upstream = answer
      answer.on('error', () => {})
      link.timer = setTimeout(() => abandon(key, link), limits.acceptMs)
      network.send(filled(syn, packet))
    })()
  }

  /** Dialled for a program that does not want it any more. */
  function abandon(key: string, link: Link): void {
    waiting.delete(key)
    clearTimeout(link.timer)
    if (link.upstream) {
      link.upstream.destroy()
      links.close(link, { outcome: 'no-answer' })
    } else link.cut('the program gave up')
  }

  /** The resolver over TCP, and on any other port a proxy: nothing is dialled before it says where to. */
  function onOwnService(bytes: Uint8Array, packet: IpPacket, unit: number, flow: Flow, key: string): void {
    const service: Service = { unit, flow, actor: options.actorOf(unit, flow), timer: undefined }
    service.timer = setTimeout(() => services.delete(key), limits.acceptMs)
    services.set(key, service)
    network.send(filled(bytes, packet))
  }

  async function serve(client: Socket, { unit, flow, actor, timer }: Service): Promise<void> {
    clearTimeout(timer)
    if (flow.dst.port === 53) {
      serveDns(
        client,
        (query) =>
          answerQuery(query, flow, actor, options.contextOf(unit), names, {
            ...options,
            decide: (ask) => options.decide(ask, unit),
          }),
        () => refuseStrange(unit, flow, 'the resolver was sent no DNS query'),
      )
      return
    }
    const own = flow.dst.ip === network.addresses.gateway && options.services?.get(flow.dst.port)
    if (own) return void own(client, actor)
    const request = await readProxyRequest(client)
    if (!request) {
      refuseStrange(unit, flow, 'the proxy was sent no request that it knows')
      return
    }
    const link = links.make(unit, flow, { host: request.host, port: request.port })
    const refuse = (decision: Decision) => {
      if (links.keep(link, refusalOf(link.line, decision))) links.tell('refuse', link)
      request.deny(decision)
    }
    const { decision, denied } = links.judge(link, { stage: 'connect' })
    if (denied) {
      refuse(decision)
      return
    }
    asking.add(link)
    const answer = await reach(link, decision)
    asking.delete(link)
    if (typeof answer === 'string') request.fail()
    else if ('verdict' in answer) refuse(answer)
    else {
      request.grant()
      carriage.start(link, client, answer)
    }
  }

  /** What reached a service of our own and is nothing that it serves went nowhere, and is kept like what did not. */
  function refuseStrange(unit: number, flow: Flow, reason: string): void {
    const link = links.make(unit, flow)
    const decision = { verdict: 'deny', code: 'protocol', rule: 'built-in: own services', reason } as const
    if (links.keep(link, refusalOf(link.line, decision))) links.tell('refuse', link)
  }

  /** Resolves, vets and records, in this order; the address to dial, empty where there is none. */
  async function opened(link: Link, first: Decision): Promise<string | Decision> {
    let judged = first
    let vetted: Awaited<ReturnType<typeof vetAddress>>
    try {
      vetted = await vetAddress(link.name ?? link.flow.dst.ip, options.resolve, (ip) => {
        const { decision, denied } = links.judge(link, { stage: 'resolved', resolved: ip })
        // What a mode that only watches let pass; another address of the host may be open.
        if (decision.verdict === 'deny' && !denied) judged = decision
        return denied ? decision : { ...decision, verdict: 'allow' }
      })
    } catch {}
    if (vetted && 'refusal' in vetted) return vetted.refusal
    link.decision = first
    const ip = vetted?.ip ?? ''
    if (link.name !== undefined && ip !== '') link.dialled = ip
    if (!links.keep(link, openOf(link.line, judged, ip)))
      return fault('fault', 'the recording cannot be written')
    links.tell('open', link)
    return ip
  }

  async function reach(link: Link, first: Decision): Promise<Socket | DialFailure | Decision> {
    const ip = await opened(link, first)
    if (typeof ip !== 'string') return ip
    if (ip === '') return failed(link, 'no-address')
    const socket = await dial(ip, link.flow.dst.port)
    if (typeof socket === 'string') return failed(link, socket)
    if (link.cutFor === undefined) return socket
    resetStream(socket)
    return failed(link, 'reset')
  }

  function failed(link: Link, failure: DialFailure): DialFailure {
    if (failure === 'no-room') link.cutFor = 'this machine has no room for more connections'
    const outcome = failure === 'no-address' ? 'no-answer' : failure === 'no-room' ? 'reset' : failure
    links.close(link, { outcome })
    return failure
  }

  function accept(client: Socket): void {
    client.on('error', () => {})
    clients.add(client)
    client.once('close', () => clients.delete(client))
    let link: Link | undefined
    try {
      const six = client.remoteFamily === 'IPv6' && !client.remoteAddress?.startsWith('::ffff:')
      const dst = network.originalDestination(descriptorOf(client), six ? 6 : 4)
      const src = { ip: addressOf(client), port: client.remotePort ?? 0 }
      const key = keyOf({ transport: 'tcp', src, dst })
      const service = services.get(key)
      services.delete(key)
      if (service) {
        void serve(client, service)
        return
      }
      link = waiting.get(key)?.link
      waiting.delete(key)
    } catch {} // Closed meanwhile, or connected to the listener itself.
    const upstream = link?.upstream
    if (!link || !upstream) {
      resetStream(client)
      return
    }
    clearTimeout(link.timer)
    carriage.start(link, client, upstream)
  }

  function onQuery(bytes: Uint8Array, packet: IpPacket, unit: number, flow: Flow): void {
    const query = bytes.subarray(packet.payloadAt)
    if (!readDns(query)?.questions[0]) {
      refuseStrange(unit, flow, 'the resolver was sent no DNS query')
      return
    }
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

  /** What is not TCP, not DNS and not to a port that a rule opens for datagrams is not relayed: the kernel refused it already, and here it is said and kept. */
  function onOther(bytes: Uint8Array, packet: IpPacket, unit: number, flow: Flow): void {
    const link = links.make(unit, flow)
    const decision = options.decide({ ...links.ask(link), stage: 'connect' }, unit)
    const protocol =
      packet.protocol === 'udp' ? sniffDatagram(bytes.subarray(packet.payloadAt), packet.dstPort) : undefined
    const reason = `${packet.protocol === 'other' ? `IP protocol ${packet.number}` : packet.protocol} is not relayed`
    const refusal =
      decision.verdict === 'deny'
        ? decision
        : { ...decision, verdict: 'deny' as const, code: 'transport' as const, reason }
    const line = refusalOf(link.line, refusal)
    if (
      links.keep(link, protocol === undefined ? line : { ...line, observed: { ...line.observed, protocol } })
    ) {
      links.tell('refuse', link)
    }
  }

  function all(): Link[] {
    return [...carriage.open, ...[...waiting.values()].map(({ link }) => link), ...asking]
  }

  return {
    connections: () => [...carriage.open, ...datagrams.open],
    cut(which, reason) {
      const chosen = [...all(), ...datagrams.open].filter(which)
      for (const link of chosen) link.cut(reason)
      return chosen.length
    },
    lost: packets.lost,
    async close() {
      await packets.end()
      closed = true
      datagrams.close()
      for (const link of all()) {
        clearTimeout(link.timer)
        link.cut('the sandbox was closed')
      }
      carriage.close()
      for (const client of clients) client.destroy()
      await closeServer(server)
    },
  }
}

/** The packet as it may be sent, whatever the sender's kernel left for its hardware to do. */
function filled(bytes: Uint8Array, packet: IpPacket): Uint8Array {
  const copy = bytes.slice()
  fillTcpChecksum(copy, packet)
  return copy
}

function keyOf({ src, dst }: Pick<Flow, 'src' | 'dst'> & { transport: string }): string {
  return `${src.ip} ${src.port} ${dst.ip} ${dst.port}`
}

/** The listener takes both families, and shows IPv4 as `::ffff:192.0.2.1`. */
function addressOf({ remoteAddress = '' }: Socket): string {
  const four = remoteAddress.startsWith('::ffff:') ? remoteAddress.slice(7) : remoteAddress
  return isIPv4(four) ? four : (canonicalIp(remoteAddress) ?? '')
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
