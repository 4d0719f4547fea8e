// Writes one EVE log, one OTLP trace and their topology, of any size, host-keyed: what the speed figures run on.

import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Mulberry32: the same numbers for the same seed everywhere. */
export function randomFrom(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const names = Array.from({ length: 400 }, (_, i) => `svc-${i}.example.${['com', 'org', 'net'][i % 3]}`)
const addressOf = (i: number) => `198.${18 + (i >> 8)}.${(i >> 4) & 255}.${(i * 7) & 255}`
const begin = Date.UTC(2026, 10, 24, 0, 0, 0)

export interface Made {
  readonly eve: string
  readonly otlp: string
  readonly topology: string
}

/** `calls` tool calls over `boxes` sandboxes, one event a call on average; a tenth of the events are background. */
export function generate(folder: string, calls: number, events: number, boxes: number, seed: number): Made {
  const random = randomFrom(seed)
  const otlp = join(folder, 'traces.otlp.jsonl')
  const eve = join(folder, 'eve.json')
  const topology = join(folder, 'topology.json')
  const ipOf = (b: number) => `10.${(b >> 16) & 255}.${(b >> 8) & 255}.${b & 255}`
  writeFileSync(
    topology,
    JSON.stringify(Array.from({ length: boxes }, (_, b) => ({ box: `box-${b}`, ip: [ipOf(b)] }))),
  )
  // Calls in rounds: each box acts in turn, so both files come out in the order of time.
  const perBox = Math.ceil(calls / boxes)
  const spans = writer(otlp)
  const log = writer(eve)
  let made = 0
  let wrote = 0
  for (let round = 0; round < perBox && made < calls; round++) {
    const batch: { start: number; box: number; dst: number }[] = []
    for (let b = 0; b < boxes && made < calls; b++, made++) {
      batch.push({
        start: begin + round * 30_000 + random() * 20_000,
        box: b,
        dst: Math.floor(random() ** 3 * names.length),
      })
    }
    batch.sort((a, b) => a.start - b.start)
    const rows: { at: number; text: string }[] = []
    for (let from = 0; from < batch.length; from += 200) {
      spans.line(spanBatch(batch.slice(from, from + 200), round, random))
    }
    for (const { start, box, dst } of batch) {
      if (wrote + rows.length >= events) break
      const noise = random() < 0.1
      const target = noise ? Math.floor(random() * names.length) : dst
      rows.push(eveRow(start + (noise ? random() * 30_000 : random() * 900) + 200, ipOf(box), target, random))
    }
    rows.sort((a, b) => a.at - b.at)
    for (const { text } of rows) log.line(text)
    wrote += rows.length
  }
  spans.close()
  log.close()
  return { eve, otlp, topology }
}

function spanBatch(
  calls: { start: number; box: number; dst: number }[],
  round: number,
  random: () => number,
): string {
  const byBox = calls.map(({ start, box, dst }) => {
    const seconds = 0.2 + random() * 3
    const id = Math.floor(random() * 2 ** 48)
      .toString(16)
      .padStart(12, '0')
    return {
      resource: { attributes: [{ key: 'sandbox.id', value: { stringValue: `box-${box}` } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: `${id}${id}00000000`,
              spanId: `${id}0000`,
              name: 'execute_tool bash',
              kind: 1,
              startTimeUnixNano: `${Math.floor(start * 1000)}000`,
              endTimeUnixNano: `${Math.floor((start + seconds * 1000) * 1000)}000`,
              attributes: [
                { key: 'gen_ai.operation.name', value: { stringValue: 'execute_tool' } },
                { key: 'gen_ai.tool.name', value: { stringValue: 'bash' } },
                { key: 'gen_ai.tool.call.id', value: { stringValue: `call_${id}` } },
                {
                  key: 'gen_ai.conversation.id',
                  value: { stringValue: `ep-${box}-${Math.floor(round / 20)}` },
                },
                { key: 'rl.step', value: { intValue: String(Math.floor(round / 20)) } },
                {
                  key: 'gen_ai.tool.call.arguments',
                  value: {
                    stringValue: JSON.stringify({
                      command: `curl -sS https://${names[dst]}/v1/items/${id} -o out.json`,
                    }),
                  },
                },
              ],
            },
          ],
        },
      ],
    }
  })
  return JSON.stringify({ resourceSpans: byBox })
}

function eveRow(at: number, src: string, target: number, random: () => number): { at: number; text: string } {
  const us = String(Math.floor(random() * 1000)).padStart(3, '0')
  const stamp = (ms: number) => `${new Date(ms).toISOString().slice(0, -1)}${us}+0000`
  const bytes = Math.floor(random() * 9000) + 400
  return {
    at,
    text: JSON.stringify({
      timestamp: stamp(at + 1500),
      flow_id: Math.floor(random() * 2 ** 50),
      event_type: 'flow',
      src_ip: src,
      src_port: 32768 + Math.floor(random() * 28000),
      dest_ip: addressOf(target),
      dest_port: 443,
      proto: 'TCP',
      app_proto: 'tls',
      flow: {
        pkts_toserver: 9,
        pkts_toclient: 11,
        bytes_toserver: 1200,
        bytes_toclient: bytes,
        start: stamp(at),
        end: stamp(at + 400),
        age: 0,
        state: 'closed',
        reason: 'timeout',
        alerted: false,
      },
    }),
  }
}

function writer(path: string): { line(text: string): void; close(): void } {
  const fd = openSync(path, 'w')
  let parts: string[] = []
  let size = 0
  const flush = () => {
    writeSync(fd, parts.join(''))
    parts = []
    size = 0
  }
  return {
    line(text) {
      parts.push(text, '\n')
      size += text.length
      if (size > 1 << 22) flush()
    },
    close() {
      flush()
      closeSync(fd)
    },
  }
}
