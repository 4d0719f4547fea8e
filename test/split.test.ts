// A large file is read in parts by several threads: what comes out must not show where it was cut.

import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importers } from '../src/importers/registry.generated.ts'
import { importAll } from '../src/pipeline/import-all.ts'
import { findInputs } from '../src/pipeline/inputs.ts'
import { mergeFiles } from '../src/pipeline/merge.ts'
import { quietProgress } from '../src/pipeline/progress.ts'
import { writeRejects } from '../src/pipeline/rejects.ts'

const base = 1_764_000_000

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigiles-split-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** All that was read, as plain text: columns with their texts, rejects with their lines. */
async function read(
  name: string,
  content: string,
  partBytes: number,
): Promise<{ parts: number; told: string }> {
  const file = join(folder, name)
  writeFileSync(file, content)
  utimesSync(file, base, base)
  const spool = mkdtempSync(join(folder, 'spool-'))
  const { files } = await importAll(findInputs([file]).files, spool, quietProgress, { partBytes })
  const lines: string[] = []
  const writer = { write: (line: string) => void lines.push(line) }
  writeRejects(
    files,
    writer as unknown as Parameters<typeof writeRejects>[1],
    (text) => text,
    0,
    quietProgress,
  )
  const parts = files[0]!.parts.length
  const merged = mergeFiles(files)
  const { events, calls, texts } = merged
  const skipped = new Map<string, number>()
  for (const part of merged.files[0]!.parts) {
    for (const [why, n] of part.skipped) skipped.set(why, (skipped.get(why) ?? 0) + n)
  }
  const text = (id: number | undefined) => texts.list[id ?? 0]
  const told = {
    events: Array.from({ length: events.n }, (_, i) => [
      merged.sourceTime(i),
      events.line[i],
      text(events.srcIp[i]),
      text(events.dstIp[i]),
      text(events.rule[i]),
      text(events.detail[i]),
      events.fromUs[i],
      events.bytesIn[i],
    ]),
    calls: Array.from({ length: calls.n }, (_, j) => [
      merged.command(j),
      merged.sourceId(j),
      calls.line[j],
      calls.startUs[j],
      calls.step[j],
      calls.reward[j],
      text(calls.episode[j]),
      text(calls.run[j]),
      text(calls.hints[j]),
      Array.from(calls.targets.subarray(calls.targetsStart[j], calls.targetsStart[j + 1]), text),
    ]),
    written: merged.callFiles,
    episodes: merged.files[0]!.parts.flatMap((part) => part.episodes),
    rejects: lines,
    skipped: [...skipped].sort(),
    sha: files[0]!.sha256,
  }
  return { parts, told: JSON.stringify(told, null, 1) }
}

async function expectAlike(
  name: string,
  content: string,
  sizes: readonly number[],
  contains: readonly string[],
): Promise<void> {
  const whole = await read(name, content, 1 << 30)
  for (const text of contains) expect(whole.told).toContain(text)
  for (const size of sizes) {
    const { parts, told } = await read(name, content, size)
    expect(parts, `parts of ${size} bytes`).toBeGreaterThan(2)
    expect(told, `parts of ${size} bytes`).toBe(whole.told)
  }
}

function eveLine(i: number, signature = `Überwachung 監視 😀 ${i % 7}`): string {
  return JSON.stringify({
    timestamp: `2026-11-24T10:00:${String(i % 60).padStart(2, '0')}.${String(i).padStart(6, '0')}+0000`,
    flow_id: i,
    event_type: 'alert',
    src_ip: `10.0.0.${i % 250}`,
    src_port: 40_000 + i,
    dest_ip: `192.0.2.${i % 250}`,
    dest_port: 443,
    proto: 'TCP',
    alert: { action: 'allowed', signature_id: i, signature, category: 'x', severity: 2 },
  })
}

describe('a log of lines', () => {
  it('gives the same in parts of any size, with cuts inside characters, long lines, broken and blank ones', async () => {
    const lines = Array.from({ length: 120 }, (_, i) => {
      if (i % 11 === 3) return '{"event_type":"alert","broken'
      if (i % 13 === 5) return ''
      return i % 29 === 7 ? eveLine(i, `é${'監'.repeat(4_000)}`) : eveLine(i)
    })
    // A byte-order mark belongs to a file's beginning only; here one stands at a line's.
    lines[60] = `\ufeff${eveLine(60)}`
    const sizes = [97, 300, 1_001, 1_002, 1_003, 5_000, 12_001]
    await expectAlike('eve.json', `\ufeff${lines.join('\n')}\n`, sizes, ['監監', '10.0.0.119', 'not JSON'])
    await expectAlike('eve-crlf.json', lines.join('\r\n'), [331, 4_099], ['10.0.0.119'])
  })
})

describe('netflow records, two for a flow', () => {
  it('are never parted', async () => {
    const lines = Array.from({ length: 6_000 }, (_, i) => eveLine(i, 'x'.repeat(100)))
    const netflow = (src: string, dst: string) =>
      JSON.stringify({
        timestamp: '2026-11-24T10:00:00.000001+0000',
        flow_id: 77,
        event_type: 'netflow',
        ...{ src_ip: src, src_port: 1, dest_ip: dst, dest_port: 2, proto: 'TCP' },
        netflow: { pkts: 1, bytes: 5_151 },
      })
    lines.splice(4_600, 0, netflow('10.0.0.1', '192.0.2.1'), eveLine(9_000), netflow('192.0.2.1', '10.0.0.1'))
    await expectAlike('eve.json', `${lines.join('\n')}\n`, [60_000, 61_003], ['5151'])
  })
})

describe('every format that is read in parts', () => {
  const fixtures = fileURLToPath(new URL('../fixtures/importers', import.meta.url))
  const splittable = importers.filter((one) => 'splittable' in one && one.splittable === true)
  for (const { id } of splittable) {
    for (const name of readdirSync(join(fixtures, id)).filter((one) => !one.endsWith('.gz'))) {
      it(`gives the same of ${id}/${name}`, async () => {
        const content = readFileSync(join(fixtures, id, name), 'utf8')
        const whole = await read(name, content, 1 << 30)
        for (const parts of [3, 8]) {
          const { told } = await read(name, content, Math.ceil(content.length / parts))
          expect(told).toBe(whole.told)
        }
      })
    }
  }
})

function span(
  i: number,
  extra: Record<string, unknown> = {},
  attributes: Record<string, string | number> = {},
) {
  const told: Record<string, string | number> = {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'bash',
    'gen_ai.tool.call.id': `call-${i}`,
    'gen_ai.tool.call.arguments': JSON.stringify({
      command: `curl https://host-${i}.example.com/ü > /tmp/監`,
    }),
    ...attributes,
  }
  return {
    traceId: `5b8efff798038103d269b633813f${String(Math.floor(i / 10)).padStart(4, '0')}`,
    spanId: String(i + 1).padStart(16, '0'),
    name: 'execute_tool bash',
    startTimeUnixNano: `${base + i}000000123`,
    endTimeUnixNano: `${base + i + 1}000000456`,
    attributes: Object.entries(told).map(([key, value]) => ({
      key,
      value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
    })),
    ...extra,
  }
}

function documentOf(spans: readonly object[], host: string): string {
  const resource = { attributes: [{ key: 'host.name', value: { stringValue: host } }] }
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] })
}

describe('a trace', () => {
  it('gives the same in parts of any size: ancestors, repeated spans and model answers far away', async () => {
    const lines: string[] = []
    for (let i = 0; i < 100; i++) {
      // Every ten calls have one parent, which stands at the file's other end.
      lines.push(
        documentOf(
          [span(i, { parentSpanId: `f${String(Math.floor(i / 10)).padStart(15, '0')}` })],
          `w${i % 3}`,
        ),
      )
    }
    const above = { 'gen_ai.operation.name': 'invoke_agent', 'rl.episode_id': 'x', 'trainer.global_step': 3 }
    const parents = Array.from({ length: 10 }, (_, k) =>
      documentOf(
        [
          span(
            k * 10,
            { spanId: `f${String(k).padStart(15, '0')}` },
            { ...above, 'rl.episode_id': `ep-${k}` },
          ),
          span(
            500 + k,
            { spanId: `e${String(k).padStart(15, '0')}` },
            { 'gen_ai.operation.name': 'step', 'rl.run_id': `run-${k}`, 'rl.episode_id': `ep-${k}` },
          ),
        ],
        'w9',
      ),
    )
    lines.push(...parents.slice(5))
    lines.unshift(...parents.slice(0, 5))
    lines.push(lines[40]!) // An exporter's retry.
    const answer = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.output.messages': JSON.stringify([
        {
          role: 'assistant',
          parts: [{ type: 'tool_call', id: 'asked', name: 'bash', arguments: { command: 'ls' } }],
        },
      ]),
    }
    // One answer in a trace whose tools have spans (elsewhere), one in a trace without.
    lines.splice(3, 0, documentOf([span(95, { spanId: 'a'.repeat(16) }, answer)], 'w1'))
    lines.splice(30, 0, documentOf([span(9_990, { spanId: 'b'.repeat(16) }, answer)], 'w1'))
    lines.splice(50, 0, lines[50]!.slice(0, 200), '{"resourceSpans":[', 'no json')
    lines.splice(70, 0, JSON.stringify({ resourceLogs: [] }), ` ${lines[71]}`)
    // A document over several lines among those of one.
    lines.splice(80, 0, JSON.stringify(JSON.parse(lines[80]!.replace('call-', 'wide-')), null, 1))
    const sizes = [701, 2_003, 5_000, 9_999, 20_011]
    await expectAlike('traces.jsonl', `${lines.join('\n')}\n`, sizes, [
      ...['the same span again', 'joined into its episode', 'no tool call', 'not JSON', 'cut off'],
      ...['"ep-9"', '"run-9"', '"asked"', '"wide-', 'host-99.example.com'],
    ])
  })

  it('is read as a whole when its first line is no document', async () => {
    const pretty = JSON.stringify(JSON.parse(documentOf([span(1), span(2), span(3)], 'w')), null, 2)
    const { parts, told } = await read(
      'pretty.json',
      `${pretty}\n${pretty.replaceAll('call-', 'more-')}`,
      200,
    )
    expect(parts).toBe(2) // One, and what is told of the whole.
    expect(told).toContain('call-3')
  })
})
