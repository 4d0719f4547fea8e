// How fast captures are read: a synthetic 200 MB one, made here, in MB/s and packets/s.
//
//   npx tsx bench/pcap.ts [MB]

import { performance } from 'node:perf_hooks'
import type { Sink } from '../src/importers/api.ts'
import { pcap } from '../src/importers/network/pcap.ts'

const megabytes = Number(process.argv[2] ?? 200)

for (const { name, payloadBytes, connections } of [
  { name: 'bulk (1,400 B payloads, 200 connections)', payloadBytes: 1400, connections: 200 },
  { name: 'mixed (500 B payloads, 5,000 connections)', payloadBytes: 500, connections: 5_000 },
  { name: 'small (40 B payloads, 20,000 connections)', payloadBytes: 40, connections: 20_000 },
]) {
  const chunks = capture(megabytes * 1e6, payloadBytes, connections)
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  let events = 0
  let rows = 0
  const sink: Sink = {
    event: () => {
      events++
      rows++
    },
    skip: () => rows++,
    reject: () => rows++,
    toolCall() {},
    outcome() {},
    episode() {},
    box() {},
  }
  const start = performance.now()
  const reader = pcap.start(sink, { path: 'bench.pcap' })
  for (const chunk of chunks) reader.chunk(chunk)
  reader.end()
  const seconds = (performance.now() - start) / 1000
  const rate = (value: number): string => Math.round(value / seconds).toLocaleString('en')
  console.log(`${name}: ${rate(bytes / 1e6)} MB/s, ${rate(rows)} packets/s, ${events} events`)
}

/** Connections that open with a SYN, say hello in TLS-like bytes, and go on in turns, interleaved. */
function capture(bytesMin: number, payloadBytes: number, connections: number): Uint8Array[] {
  const header = new Uint8Array(24)
  const view = new DataView(header.buffer)
  view.setUint32(0, 0xa1b2c3d4, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, 262_144, true)
  view.setUint32(20, 1, true)
  const chunks: Uint8Array[] = [header]
  const next = { out: new Uint32Array(connections).fill(1), in: new Uint32Array(connections).fill(1) }
  let packets = 0
  for (let total = 24; total < bytesMin; ) {
    // Chunks end wherever they end, as a file's do.
    const frames: Uint8Array[] = []
    let size = 0
    while (size < 1_000_000) {
      const i = packets % connections
      const syn = packets < connections
      const fromServer = !syn && Math.floor(packets / connections) % 2 === 0
      const length = syn ? 0 : payloadBytes
      const side = fromServer ? next.in : next.out
      const record = frame(i, fromServer, syn, (side[i] ?? 1) - (syn ? 1 : 0), length, packets)
      side[i] = (side[i] ?? 1) + length
      frames.push(record)
      size += record.length
      packets++
    }
    const chunk = new Uint8Array(size)
    let at = 0
    for (const record of frames) {
      chunk.set(record, at)
      at += record.length
    }
    chunks.push(chunk)
    total += size
  }
  return chunks
}

function frame(
  i: number,
  fromServer: boolean,
  syn: boolean,
  sequence: number,
  length: number,
  n: number,
): Uint8Array {
  const bytes = new Uint8Array(16 + 14 + 20 + 20 + length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 1_780_000_000 + Math.floor(n / 50_000), true)
  view.setUint32(4, (n % 50_000) * 20, true)
  view.setUint32(8, bytes.length - 16, true)
  view.setUint32(12, bytes.length - 16, true)
  view.setUint16(28, 0x0800)
  bytes[30] = 0x45
  view.setUint16(32, 40 + length)
  bytes[39] = 6
  const client = 0x0a000000 + (i % 250) + 1
  const server = 0xc6336400 + (i % 200) + 1
  view.setUint32(42, fromServer ? server : client)
  view.setUint32(46, fromServer ? client : server)
  const port = 20_000 + (i % 40_000)
  view.setUint16(50, fromServer ? 443 : port)
  view.setUint16(52, fromServer ? port : 443)
  view.setUint32(54, sequence)
  bytes[62] = 0x50
  bytes[63] = syn ? 2 : 0x18
  bytes.fill(0x17, 70)
  return bytes
}
