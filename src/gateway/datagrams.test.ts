import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { datagramFor, readIpPacket, unreachableFor } from '../protocols/ip-packet.ts'
import type { Decision } from '../schema/decision.ts'
import type { JournalLine, NetworkActivityLine } from '../schema/journal.ts'
import type { GatewayOptions } from './api.ts'
import { startDatagrams } from './datagrams.ts'
import { openOf } from './lines.ts'
import { Links } from './links.ts'
import { syntheticNames } from './names.ts'

const allowed: Decision = { verdict: 'allow', code: 'allowed', rule: 'allow it', reason: 'it is listed' }
const [own, elsewhere] = ['198.19.255.2', '192.0.2.7']

describe('datagrams that a rule opens', () => {
  const closers: (() => unknown)[] = []
  afterEach(() => {
    for (const close of closers.splice(0)) close()
  })

  it('go out and come back, with one line at the beginning and one at the end', async () => {
    const { send, answers, lines, datagrams } = await relaying()
    send(1, 5000, 'one')
    send(1, 5000, 'three')
    await until(() => answers().length === 2)
    expect(answers()).toEqual(['5000 one', '5000 three'])
    datagrams.close()
    expect(
      lines.map(({ activity, bytesIn, bytesOut, outcome }) => [activity, bytesIn, bytesOut, outcome]),
    ).toEqual([
      ['open', undefined, undefined, undefined],
      ['close', 8, 8, 'established'],
    ])
  })

  it('end their flow when nothing goes either way', async () => {
    const { send, lines, datagrams } = await relaying({ idleMs: 60 })
    send(1, 5000, 'one')
    await until(() => lines.at(-1)?.activity === 'close')
    expect(datagrams.open.size).toBe(0)
  })

  it('are never taken for those of another call that had the same port', async () => {
    const { send, answers, lines } = await relaying()
    send(1, 5000, 'mine')
    await until(() => answers().length === 1)
    send(2, 5000, 'yours')
    await until(() => answers().length === 2)
    expect(lines.map(({ activity, actor }) => [activity, actor.toolCall])).toEqual([
      ['open', 'call-1'],
      ['close', 'call-1'],
      ['open', 'call-2'],
    ])
  })

  it('are refused where there are too many flows, and the program is told', async () => {
    const { send, lines, answers } = await relaying({ flowsMax: 1 })
    send(1, 5000, 'one')
    send(1, 5001, 'two')
    await until(() => answers().length === 2)
    expect(lines.filter(({ activity }) => activity === 'refuse')).toMatchObject([
      { disposition: 'blocked', policy: { code: 'limit' }, srcEndpoint: { port: 5001 } },
    ])
    expect(answers()).toContain('5001 unreachable')
  })

  it('are relayed no more once they are cut, in neither direction', async () => {
    const { send, answers, lines, datagrams, echo } = await relaying()
    send(1, 5000, 'one')
    await until(() => answers().length === 1)
    for (const link of datagrams.open) link.cut('it was a tunnel')
    echo.push('late')
    await sleep(50)
    expect(answers()).toEqual(['5000 one'])
    expect(lines.at(-1)).toMatchObject({
      activity: 'close',
      disposition: 'blocked',
      policy: { reason: 'it was a tunnel' },
    })
  })

  it('are decided anew when they turn out to be a tunnel', async () => {
    const { send, lines, answers } = await relaying({
      decide: ({ layers }) =>
        layers?.includes('wireguard')
          ? { verdict: 'deny', code: 'protocol', rule: 'allow it', reason: 'a tunnel' }
          : allowed,
    })
    send(1, 5000, 'nothing in particular')
    await until(() => answers().length === 1)
    send(1, 5000, `\x01\x00\x00\x00${'W'.repeat(144)}`)
    await until(() => lines.at(-1)?.activity === 'close')
    expect(lines.map(({ activity, observed }) => [activity, observed?.protocol])).toEqual([
      ['open', undefined],
      ['traffic', 'wireguard'],
      ['close', 'wireguard'],
    ])
    expect(lines.at(-1)?.bytesOut).toBe(21)
  })

  it('are lost, not sent in part, where the kernel kept less than all of one', async () => {
    const { take, lines } = await relaying()
    const whole = packetOf(5000, 'x'.repeat(100))
    take(1, whole.subarray(0, 60))
    await sleep(20)
    expect(lines).toEqual([])
  })

  it('to where there is no way end their flow, and nothing else', async () => {
    // The kernel connects no socket to all hosts at once that did not ask for it.
    const { send, lines, answers } = await relaying({ at: '255.255.255.255' })
    send(1, 5000, 'one')
    await until(() => lines.at(-1)?.activity === 'close')
    expect(answers()).toEqual(['5000 unreachable'])
    expect(lines.at(-1)).toMatchObject({ outcome: 'refused' })
    send(1, 5000, 'two')
    await until(() => lines.filter(({ activity }) => activity === 'close').length === 2)
  })

  it('end their flow when the kernel says that nobody has the port any more, as often as it says so', async () => {
    const { send, datagrams, echo, returned, answers, lines } = await relaying()
    send(1, 5000, 'one')
    await until(() => answers().length === 1)
    expect(returned(5001)).toBe(false)
    expect([returned(5000), returned(5000)]).toEqual([true, true])
    expect(datagrams.open.size).toBe(0)
    expect(lines.at(-1)).toMatchObject({ activity: 'close', actor: { toolCall: 'call-1' } })
    echo.push('late, for whoever has the port now')
    await sleep(30)
    expect(answers()).toEqual(['5000 one'])
  })

  it('wait for a name within bounds, however many flows wait', async () => {
    let found = () => {}
    const name = new Promise<void>((resolve) => {
      found = resolve
    })
    const { take, datagrams, lines } = await relaying({ before: () => name })
    for (let port = 5_000; port < 5_016; port++) {
      const packet = packetOf(port, 'x'.repeat(60_000))
      for (let i = 0; i < 64; i++) take(1, packet)
    }
    found()
    await until(() => datagrams.open.size === 16)
    await sleep(20)
    datagrams.close()
    const sent = lines.reduce((sum, { bytesOut = 0 }) => sum + bytesOut, 0)
    expect(sent).toBeGreaterThan(1_000_000)
    expect(sent).toBeLessThanOrEqual(16 << 20)
  })

  async function relaying(
    more: {
      idleMs?: number
      flowsMax?: number
      decide?: GatewayOptions['decide']
      at?: string
      before?: () => Promise<void>
    } = {},
  ) {
    const echo = await openEcho(closers)
    const lines: NetworkActivityLine[] = []
    const sent: Uint8Array[] = []
    const record = (line: JournalLine) => {
      if (line.class === 'network_activity') lines.push(line)
    }
    const network: GatewayOptions['network'] = {
      addresses: { own, own6: '::2', gateway: '198.19.255.1' },
      listenFd: -1,
      originalDestination: () => ({ ip: '', port: 0 }),
      send: (packet) => sent.push(packet) > 0,
      listen() {},
      close() {},
    }
    const options: GatewayOptions = {
      network,
      box: 'box',
      mode: 'enforce',
      syntheticRange: '198.18.0.0/16',
      decide: more.decide ?? (() => allowed),
      actorOf: (unit) => ({ toolCall: `call-${unit}`, tier: 'identity' }),
      contextOf: () => ({}),
      record,
      resolve: async () => [],
      now: () => performance.now(),
    }
    const links = new Links(options, syntheticNames(options.syntheticRange))
    const datagrams = startDatagrams(
      {
        ...options,
        ...more,
        async opened(link, decision) {
          await more.before?.()
          const at = more.at ?? '127.0.0.1'
          links.keep(link, openOf(link.line, decision, at))
          // The world stands on loopback here.
          Object.assign(link.flow.dst, { port: echo.port })
          return at
        },
      },
      links,
    )
    closers.push(() => datagrams.close())
    const take = (unit: number, bytes: Uint8Array) => {
      const packet = readIpPacket(bytes)
      if (!packet) throw new Error('no packet')
      datagrams.take(bytes, packet, unit, {
        transport: 'udp',
        src: { ip: packet.src, port: packet.srcPort },
        dst: { ip: packet.dst, port: packet.dstPort },
      })
    }
    return {
      datagrams,
      lines,
      echo,
      take,
      /** An answer to this port came back. */
      returned(port: number) {
        const sentOne = packetOf(port, 'x')
        const packet = readIpPacket(sentOne)
        if (!packet) throw new Error('no packet')
        const answer = datagramFor(sentOne, packet, Buffer.from('late'))
        const about = readIpPacket(answer)
        if (!about) throw new Error('no packet')
        const icmp = unreachableFor(answer, about)
        const read = readIpPacket(icmp)
        if (!read) throw new Error('no packet')
        return datagrams.returned(icmp, read)
      },
      send: (unit: number, port: number, text: string) => take(unit, packetOf(port, text)),
      /** What was put back, as a program's port and text. */
      answers: () => sent.map(answerText),
    }
  }
})

/** A datagram as the kernel logs it, made as the answer to its answer. */
function packetOf(port: number, text: string): Uint8Array {
  const answered = Buffer.alloc(28)
  answered[0] = 0x45
  answered[9] = 17
  answered.set(elsewhere.split('.').map(Number), 12)
  answered.set(own.split('.').map(Number), 16)
  answered.writeUInt16BE(9000, 20)
  answered.writeUInt16BE(port, 22)
  const packet = readIpPacket(answered)
  if (!packet) throw new Error('no packet')
  return datagramFor(answered, packet, Buffer.from(text, 'latin1'))
}

function answerText(bytes: Uint8Array): string {
  const packet = readIpPacket(bytes)
  const buffer = Buffer.from(bytes)
  expect([packet?.src, packet?.dst]).toEqual([elsewhere, own])
  if (packet?.protocol === 'udp') return `${packet.dstPort} ${buffer.toString('latin1', packet.payloadAt)}`
  // ICMP: what it quotes begins after its own eight bytes.
  return `${buffer.readUInt16BE(20 + 8 + 20)} unreachable`
}

async function openEcho(closers: (() => unknown)[]) {
  const server: Socket = createSocket('udp4')
  let last: { port: number; address: string } | undefined
  server.on('message', (bytes, from) => {
    last = from
    server.send(bytes, from.port, from.address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  return {
    port: server.address().port,
    push(text: string) {
      if (last) server.send(text, last.port, last.address)
    },
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !holds(); i++) await sleep(5)
  expect(holds()).toBe(true)
}
