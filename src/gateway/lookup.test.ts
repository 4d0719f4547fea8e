import { createSocket, type Socket } from 'node:dgram'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { dnsReply, rcodes } from '../protocols/dns-write.ts'
import { startLookup } from './lookup.ts'

let server: Socket
let at = ''
const asked: string[] = []
let clock = 0

const nameIn = (query: Buffer): string => {
  const labels: string[] = []
  for (let i = 12; query[i]; i += (query[i] ?? 0) + 1)
    labels.push(query.toString('latin1', i + 1, i + 1 + (query[i] ?? 0)))
  return labels.join('.')
}

function query(name: string, type: number, id: number): Buffer {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)])
  return Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, type, 0, 1])
}

beforeAll(async () => {
  server = createSocket('udp4')
  server.on('message', (bytes, from) => {
    const name = nameIn(bytes)
    const type = bytes.readUInt16BE(bytes.length - 4)
    asked.push(`${name} ${type}`)
    if (name === 'silent.example') return
    let reply =
      type === 1 && name === 'a.example'
        ? dnsReply(bytes, rcodes.noError, { address: '192.0.2.7', ttlSeconds: 60 })
        : dnsReply(bytes, name === 'gone.example' ? rcodes.nxDomain : rcodes.noError)
    if (!reply) return
    if (name === 'forged.example') {
      const lie = Uint8Array.from(reply)
      lie[0] = (lie[0] ?? 0) ^ 0xff
      server.send(lie, from.port, from.address)
    }
    if (name === 'long.example') reply = Uint8Array.from(reply).fill((reply[2] ?? 0) | 2, 2, 3)
    server.send(reply, from.port, from.address)
  })
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
  at = `127.0.0.1:${server.address().port}`
})

afterAll(() => server.close())

const start = () => startLookup({ server: at, now: () => clock })

it('asks the server that it was given, once for a burst and again after some seconds', async () => {
  const lookup = start()
  expect(await Promise.all([lookup.resolve('a.example'), lookup.resolve('a.example')])).toEqual([
    ['192.0.2.7'],
    ['192.0.2.7'],
  ])
  await lookup.resolve('a.example')
  expect(asked.filter((one) => one === 'a.example 1')).toHaveLength(1)
  clock += 6_000
  await lookup.resolve('a.example')
  expect(asked.filter((one) => one === 'a.example 1')).toHaveLength(2)
})

it('says that a name has no address', async () => {
  await expect(start().resolve('gone.example')).rejects.toThrow()
})

it('hands on a query as it was, under an id of its own, and the reply under the id of who asked', async () => {
  const lookup = start()
  const reply = Buffer.from(await lookup.forward(query('records.example', 16, 0x1234)))
  expect(reply.readUInt16BE(0)).toBe(0x1234)
  expect(nameIn(reply)).toBe('records.example')
  const again = Buffer.from(await lookup.forward(query('records.example', 16, 0x4321)))
  expect(again.readUInt16BE(0)).toBe(0x4321)
  expect(asked.filter((one) => one === 'records.example 16')).toHaveLength(1)
})

it('passes over a reply to another question', async () => {
  const reply = Buffer.from(await start().forward(query('forged.example', 15, 7)))
  expect(reply.readUInt16BE(0)).toBe(7)
})

it('asks over TCP for what does not fit', async () => {
  const tcp = createServer((socket) => {
    socket.once('data', (bytes) => {
      const reply = dnsReply(bytes.subarray(2), rcodes.noError) ?? new Uint8Array()
      socket.end(Buffer.concat([Uint8Array.of(0, reply.length), reply]))
    })
  })
  await new Promise<void>((resolve) => tcp.listen(server.address().port, '127.0.0.1', resolve))
  try {
    const reply = await start().forward(query('long.example', 16, 9))
    expect((reply[2] ?? 0) & 2).toBe(0)
  } finally {
    tcp.close()
  }
})

it('gives up when nobody answers', async () => {
  await expect(start().forward(query('silent.example', 16, 1))).rejects.toThrow('did not answer')
})
