// Records in the envelopes of shippers and container runtimes: what comes out is what the bare log gives.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Importer } from '../src/importers/api.ts'
import { openEnveloped, recognise } from '../src/importers/enveloped.ts'
import { headOf, joining } from '../src/importers/read.ts'
import { importers } from '../src/importers/registry.generated.ts'
import { readAll, readable } from './importers/read-all.ts'

const fixtures = fileURLToPath(new URL('../fixtures/importers', import.meta.url))
const stamp = '2026-11-24T08:00:00.123456789Z'

/** As each writer lays it out. */
const wrappers: Record<string, (record: string, i: number) => string> = {
  docker: (record) => JSON.stringify({ log: `${record}\n`, stream: 'stdout', time: stamp }),
  filebeat: (record, i) =>
    JSON.stringify({
      '@timestamp': '2026-11-24T08:00:00.123Z',
      '@metadata': { beat: 'filebeat', type: '_doc', version: '8.15.0' },
      log: { offset: i * 100, file: { path: '/var/log/x.log' } },
      message: record,
      input: { type: 'filestream' },
      agent: { type: 'filebeat', name: 'fw' },
    }),
  'elastic agent': (record) =>
    JSON.stringify({
      _index: '.ds-logs',
      _source: { '@timestamp': stamp, event: { original: record, kind: 'event' } },
    }),
  'splunk export': (record, i) =>
    JSON.stringify({
      preview: false,
      offset: i,
      result: { _time: '2026-11-24 08:00:00.000 UTC', _raw: record },
    }),
  'splunk raw': (record) => JSON.stringify({ _raw: record, sourcetype: 'x', _time: '1795507200' }),
  'splunk collector': (record) =>
    JSON.stringify({ time: 1_795_507_200, host: 'fw', sourcetype: 'x', event: record }),
  journal: (record) =>
    JSON.stringify({ MESSAGE: record, SYSLOG_IDENTIFIER: 'x', __REALTIME_TIMESTAMP: '1795507200123456' }),
  cloudwatch: (record) =>
    JSON.stringify({
      messageType: 'DATA_MESSAGE',
      owner: '123456789012',
      logGroup: '/fw',
      logStream: 'eni-1',
      logEvents: [{ id: '1', timestamp: 1_795_507_200_123, message: record }],
    }),
  loki: (record) => JSON.stringify({ labels: { app: 'fw' }, line: record, timestamp: stamp }),
  'google cloud': (record) => JSON.stringify({ insertId: 'a', textPayload: record, timestamp: stamp }),
  kubernetes: (record) => `${stamp} stdout F ${record}`,
}

/** Also in two envelopes. */
wrappers['filebeat around kubernetes'] = (record, i) => wrappers.filebeat!(wrappers.kubernetes!(record, i), i)

function readWrapped(file: string, text: string, chunkBytes = 65_536) {
  const bytes = new TextEncoder().encode(text)
  const found = recognise(headOf(file, bytes), importers)
  if (!found) return { found: 'nothing', reading: undefined }
  if (found.envelopes.length === 0) {
    return { found: found.importer.id, reading: readAll(found.importer, file, bytes, chunkBytes) }
  }
  const { importer, envelopes } = found
  if (importer.shape === 'archive' || importer.shape === 'bytes') throw new Error('has no lines')
  // `readAll` needs no more of it than to be fed bytes.
  const fed: Importer = {
    ...importers.find((one) => one.shape === 'bytes')!,
    shape: 'bytes',
    start: (sink, info) =>
      joining(importer, sink, (held) => openEnveloped({ importer, envelopes }, held, info)),
  }
  return { found: `${importer.id} in ${envelopes.length}`, reading: readAll(fed, file, bytes, chunkBytes) }
}

describe('records in envelopes', () => {
  const bareTexts = importers.flatMap((importer) =>
    importer.shape === 'lines' || importer.shape === 'json'
      ? readdirSync(join(fixtures, importer.id))
          .filter((name) => /\.(?:json|jsonl|log|txt|csv)$/.test(name))
          .map((name) => ({ importer, name }))
      : [],
  )
  for (const [kind, wrap] of Object.entries(wrappers)) {
    it(`give what the bare records give: ${kind}`, () => {
      const wrong: string[] = []
      for (const { importer, name } of bareTexts) {
        const text = readFileSync(join(fixtures, importer.id, name), 'utf8')
        // What breaks off, or holds characters that no text of JSON holds, is tried bare.
        const lines = text.split('\n').map((line) => line.replace(/\r$/, ''))
        if (text.includes('\ufffd') || text.includes('\u0000')) continue
        const wrapped = lines.map((line, i) => (line.trim() === '' ? '' : wrap(line, i))).join('\n')
        const { found, reading } = readWrapped(name, wrapped)
        const what = `${importer.id}/${name}`
        if (found !== `${importer.id} in ${kind.includes('around') ? 2 : 1}`)
          wrong.push(`${what}: taken for ${found}`)
        else {
          const expected = JSON.stringify(
            readable(readAll(importer, name, new TextEncoder().encode(lines.join('\n')))),
          )
          if (JSON.stringify(readable(reading!)) !== expected) wrong.push(`${what}: other results`)
        }
      }
      expect(wrong).toEqual([])
    })
  }

  const eve = (i: number, pad = '') =>
    JSON.stringify({
      timestamp: `2026-11-24T10:00:00.${String(i).padStart(6, '0')}+0000`,
      flow_id: i,
      event_type: 'alert',
      ...{ src_ip: '10.0.0.1', src_port: 40_000 + i, dest_ip: '192.0.2.1', dest_port: 443, proto: 'TCP' },
      alert: { action: 'allowed', signature: `é监 ${pad}`, severity: 1 },
    })
  const portsAndLines = (text: string, chunkBytes?: number) => {
    const { found, reading } = readWrapped('x', text, chunkBytes)
    return {
      found,
      events: reading?.events.map((one) => [(one.srcEndpoint.port ?? 0) - 40_000, one.line]),
      reading,
    }
  }

  it('are put together where a runtime has cut them, each stream for itself', () => {
    const long = eve(1, 'x'.repeat(40_000))
    const pieces = [long.slice(0, 16_384), long.slice(16_384, 32_768), long.slice(32_768)]
    const cri = [
      `${stamp} stdout P ${pieces[0]}`,
      `${stamp} stderr F ${eve(2)}`,
      `${stamp} stdout P ${pieces[1]}`,
      `${stamp} stdout F ${pieces[2]}`,
      `${stamp} stdout F ${eve(3)}`,
      `${stamp} stdout P ${eve(4)}`,
    ].join('\n')
    const wholeThen = [
      [2, 2],
      [1, 4],
      [3, 5],
      [4, 6],
    ]
    for (const chunk of [7, 65_536]) expect(portsAndLines(cri, chunk).events).toEqual(wholeThen)
    expect(portsAndLines(cri).reading?.skips).toEqual({ 'no record ends here': 3 })
    // Docker counts bytes: é and 监 are two and three of them.
    const docker = (log: string, stream = 'stdout') => JSON.stringify({ log, stream, time: stamp })
    const bytes = Buffer.from(long)
    const lines = [
      docker(`${eve(2)}\n`),
      docker(bytes.subarray(0, 16_384).toString()),
      docker(`${eve(3)}\n`, 'stderr'),
    ]
    lines.push(docker(`${bytes.subarray(16_384, 32_768)}`), docker(`${bytes.subarray(32_768)}\n`))
    expect(portsAndLines(lines.join('\n')).events).toEqual([
      [2, 1],
      [3, 3],
      [1, 5],
    ])
  })

  it('may be several on one line, and longer than what recognition looks at', () => {
    const batch = (from: number, n: number, pad = '') =>
      JSON.stringify({
        messageType: 'DATA_MESSAGE',
        logEvents: Array.from({ length: n }, (_, i) => ({
          id: `${i}`,
          timestamp: 1,
          message: eve(from + i, pad),
        })),
      })
    expect(portsAndLines(`${batch(0, 2)}\n\n${batch(5, 1)}\n`).events).toEqual([
      [0, 1],
      [1, 1],
      [5, 3],
    ])
    // Firehose writes no newlines.
    expect(portsAndLines(`${batch(0, 1)}${batch(1, 2)}`).events).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ])
    const { found, events } = portsAndLines(batch(0, 300, 'x'.repeat(500)))
    expect(found).toBe('suricata-eve in 1')
    expect(events).toHaveLength(300)
  })

  it('are accounted for with what stands beside them', () => {
    const wrap = wrappers.docker!
    const text = [wrap(eve(1), 0), 'no json', wrap('no json either', 0), '{"log":', '', wrap(eve(2), 0)].join(
      '\n',
    )
    const { events, reading } = portsAndLines(text)
    expect(events).toEqual([
      [1, 1],
      [2, 6],
    ])
    expect(reading?.rejects.map(({ line }) => line)).toEqual([2, 3, 4])
  })

  it('may be marked by a prefix', () => {
    const zeek =
      '{"id.orig_h":"10.0.0.1","id.orig_p":40001,"id.resp_h":"192.0.2.1","id.resp_p":53,"proto":"udp","uid":"C1","ts":1795507200.5,"conn_state":"SF"}'
    for (const prefix of [
      '<134>Nov 24 08:00:00 fw suricata[123]: ',
      '<134>1 2026-11-24T08:00:00Z fw suricata 1 - - ',
      `${stamp} `,
    ]) {
      // The key that Suricata writes first does not stand first here.
      const text = [1, 2].map((i) => prefix + eve(i).replace('{', '{"in_iface":"eth0",')).join('\n')
      expect(portsAndLines(`${prefix}${zeek}`).events, prefix).toEqual([[1, 1]])
      expect(portsAndLines(text).events, prefix).toEqual([
        [1, 1],
        [2, 2],
      ])
    }
  })

  it('survive being cut off and exchanged anywhere', () => {
    for (const wrap of Object.values(wrappers)) {
      const bytes = [eve(1), eve(2)].map((record, i) => wrap(record, i)).join('\n')
      for (let end = 0; end < bytes.length; end += 3) {
        readWrapped('x', bytes.slice(0, end))
        readWrapped('x', `${bytes.slice(0, end)}\u0000{["${bytes.slice(end + 1)}`)
      }
    }
  })
})
