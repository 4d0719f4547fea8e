// Asks the world's resolver, for names that the policy allows: their addresses, and records of other types.
//
// Only what was decided comes here. Answers are kept for some seconds, so that a burst of connections asks once.

import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { Resolver as CallbackResolver, getServers } from 'node:dns'
import { Resolver, lookup as systemLookup } from 'node:dns/promises'
import { connect, isIPv6 } from 'node:net'
import { BoundedMap } from '../base/bounded-map.ts'

export interface Lookup {
  /** Addresses of a name, IPv4 ones first. Rejects when there are none. */
  resolve(name: string): Promise<readonly string[]>
  /** The reply to a whole DNS message. Rejects when no server answers in time. */
  forward(query: Uint8Array): Promise<Uint8Array>
}

export interface LookupOptions {
  /** `ip` or `ip:port`, an IPv6 address before a port in brackets. Default: the machine's own resolvers. */
  readonly server?: string
  /** Milliseconds, ever growing. */
  readonly now: () => number
}

/** Answers are used again for so long, failures for less. Milliseconds. */
const keptMs = 5_000
const failedMs = 1_000
const keptMax = 10_000
/** Until one try is given up. Milliseconds. */
const tryMs = 2_000
const tries = 2
const port = 53

export function startLookup({ server, now }: LookupOptions): Lookup {
  const remembered = <T>(make: (key: string) => Promise<T>) => {
    const kept = new BoundedMap<string, { readonly until: number; readonly answer: Promise<T> }>(keptMax)
    return (key: string): Promise<T> => {
      const known = kept.get(key)
      if (known && known.until > now()) return known.answer
      const answer = make(key)
      const keep = (forMs: number) => kept.set(key, { until: now() + forMs, answer })
      // While it is asked for, who comes meanwhile waits for the same answer.
      keep(tries * tryMs + keptMs)
      answer.then(
        () => keep(keptMs),
        () => keep(failedMs),
      )
      return answer
    }
  }
  const addresses = remembered(server === undefined ? askSystem : askServer(server))
  const replies = remembered(async (key: string) => {
    const query = Buffer.from(key, 'latin1')
    return await exchange(endpoint(server ?? getServers()[0] ?? '127.0.0.1'), query)
  })
  return {
    resolve: addresses,
    async forward(query) {
      // The id is the asker's own; all else of the question is what was asked before.
      const reply = await replies(Buffer.from(query).fill(0, 0, 2).toString('latin1'))
      const own = Uint8Array.from(reply)
      own.set(query.subarray(0, 2))
      return own
    },
  }
}

async function askSystem(name: string): Promise<readonly string[]> {
  const found = await systemLookup(name, { all: true, verbatim: false })
  return found.map(({ address }) => address)
}

function askServer(server: string): (name: string) => Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: tryMs, tries })
  resolver.setServers([server])
  return async (name) => {
    const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    const found = [four, six].flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    if (found.length === 0 && four.status === 'rejected') throw four.reason
    return found
  }
}

interface Endpoint {
  readonly address: string
  readonly port: number
}

/** Throws on a text that is no server; the policy's reader lets none through. */
function endpoint(server: string): Endpoint {
  const checked = new CallbackResolver()
  checked.setServers([server])
  const [text = ''] = checked.getServers()
  const match = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(text)
  return isIPv6(text)
    ? { address: text, port }
    : { address: match?.[1] ?? text, port: Number(match?.[2] ?? port) }
}

/** By UDP, each try from a port and with an id that can't be guessed; over TCP when the reply did not fit. */
async function exchange(to: Endpoint, query: Buffer): Promise<Uint8Array> {
  let failure: unknown
  for (let attempt = 0; attempt < tries; attempt++) {
    try {
      const reply = await overUdp(to, query)
      return ((reply[2] ?? 0) & 2) === 0 ? reply : await overTcp(to, query)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

function overUdp(to: Endpoint, query: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const sent = withId(query)
    const socket = createSocket(isIPv6(to.address) ? 'udp6' : 'udp4')
    const finish = (end: () => void) => {
      clearTimeout(timer)
      socket.close()
      end()
    }
    const timer = setTimeout(() => finish(() => reject(new Error('the resolver did not answer'))), tryMs)
    socket.once('error', (error) => finish(() => reject(error)))
    socket.on('message', (reply) => {
      if (answers(reply, sent)) finish(() => resolve(reply))
    })
    // Connected: the kernel passes only what that server sends.
    socket.connect(to.port, to.address, () => socket.send(sent))
  })
}

function overTcp(to: Endpoint, query: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const sent = withId(query)
    const socket = connect({ host: to.address, port: to.port })
    const length = Buffer.alloc(2)
    length.writeUInt16BE(sent.length)
    let bytes: Buffer = Buffer.alloc(0)
    const fail = (why: string) => {
      socket.destroy()
      reject(new Error(why))
    }
    socket.setTimeout(tryMs, () => fail('the resolver did not answer'))
    socket.once('error', (error) => fail(error.message))
    socket.once('close', () => fail('the resolver hung up'))
    socket.once('connect', () => socket.write(Buffer.concat([length, sent])))
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes.length < 2 || bytes.length < 2 + bytes.readUInt16BE(0)) return
      const reply = bytes.subarray(2, 2 + bytes.readUInt16BE(0))
      if (!answers(reply, sent)) return fail('the resolver answered something else')
      resolve(reply)
      socket.destroy()
    })
  })
}

function withId(query: Buffer): Buffer {
  const sent = Buffer.from(query)
  sent.writeUInt16BE(randomInt(0x10000), 0)
  return sent
}

/** The same id, marked as a response; a server repeats the question's case and bytes. */
function answers(reply: Buffer, sent: Buffer): boolean {
  if (reply.length < 12 || reply.readUInt16BE(0) !== sent.readUInt16BE(0)) return false
  if (((reply[2] ?? 0) & 0x80) === 0 || reply.readUInt16BE(4) > 1) return false
  let end = 12
  while (end < sent.length && sent[end] !== 0) end += (sent[end] ?? 0) + 1
  const question = sent.subarray(12, end + 5)
  return reply.readUInt16BE(4) === 0 || reply.subarray(12, end + 5).equals(question)
}
