// Alarms by syslog and spans by OTLP/HTTP, from real sockets, as real senders write them.

import { createSocket } from 'node:dgram'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { followLimits } from '../../src/pipeline/follow/api.ts'
import { parseListen } from '../../src/pipeline/follow/listen-address.ts'
import { listenOtlp, type OtlpReceiver } from '../../src/pipeline/follow/otlp-listen.ts'
import { Spool } from '../../src/pipeline/follow/spool.ts'
import { SyslogFrames } from '../../src/pipeline/follow/syslog-frames.ts'
import { listenSyslog, type SyslogReceiver } from '../../src/pipeline/follow/syslog-listen.ts'
import { readSyslog, SyslogSorter } from '../../src/pipeline/follow/syslog-message.ts'
import { temporary, until } from './recorded.ts'

const alarm =
  '{"timestamp":"2026-11-24T08:37:09.457984+0000","flow_id":12,"event_type":"alert","src_ip":"10.0.0.5","src_port":40112,"dest_ip":"203.0.113.9","dest_port":3333,"proto":"TCP","alert":{"action":"blocked","signature_id":1,"signature":"POLICY mining","severity":1}}'
const forti =
  'date=2026-11-24 time=08:37:47 devname="fw-1" devid="FG1" eventtime=1795509467369913239 tz="+0000" logid="0000000013" type="traffic" subtype="forward" srcip=10.0.0.5 srcport=40112 dstip=203.0.113.9 dstport=3333 proto=6 action="deny" policyid=3 duration=0 sentbyte=0 rcvdbyte=0'
const paloAlto =
  '1,2026/11/24 08:09:07,012801096514,TRAFFIC,deny,2049,2026/11/24 08:09:07,10.0.15.207,203.0.113.1,198.51.100.2,203.0.113.1,out,,,ssl,vsys1,trust,untrust,ae1,ae2,fwd,2026/11/24 08:09:07,33,1,40112,443,50001,443,0x400000,tcp,deny,60,60,0,1,2026/11/24 08:09:07,0,any,,1,0x0,10.0.0.0-10.255.255.255,US,,1,0,policy-deny'
const kernel =
  'DROP_OUT: IN= OUT=eth0 SRC=10.0.0.5 DST=203.0.113.9 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=1 DF PROTO=TCP SPT=40112 DPT=3333 WINDOW=64240 RES=0x00 SYN URGP=0'

describe('a syslog message', () => {
  const at = '2026-11-24T09:00:00.000Z'
  const sorted = (text: string) => {
    const message = readSyslog(text, at, '192.0.2.7')
    return { host: message.host, ...new SyslogSorter().sort(message) }
  }

  it('gives the line of its program, in RFC 5424 and in RFC 3164', () => {
    for (const text of [
      `<134>1 2026-11-24T08:37:09.457Z fw-1 suricata 812 - - ${alarm}`,
      `<134>1 2026-11-24T08:37:09.457Z fw-1 suricata 812 ID47 [a@32473 b="c\\"] \\\\"][d@1 e="]"] \ufeff${alarm}`,
      `<134>Nov 24 08:37:09 fw-1 suricata[812]: ${alarm}\n`,
      `<134>Nov  4 08:37:09 fw-1 suricata: @cee: ${alarm}`,
      `<134>2026-11-24T08:37:09.457984+00:00 fw-1 suricata[812]: ${alarm}`,
    ]) {
      expect(sorted(text), text).toEqual({ host: 'fw-1', importer: 'suricata-eve', line: alarm })
    }
    expect(sorted(`<134>${forti}`)).toEqual({ host: '192.0.2.7', importer: 'fortigate', line: forti })
    expect(sorted(`<14>Nov 24 08:09:07 pa-220 ${paloAlto}`)).toEqual({
      host: 'pa-220',
      importer: 'pan-os',
      line: paloAlto,
    })
  })

  it('lends its stamp to a line that has no time of its own, and to no other', () => {
    const text = `<4>1 2026-11-24T08:37:09.457Z worker-3 kernel - - - [16571.459614] ${kernel}`
    expect(sorted(text)).toEqual({
      host: 'worker-3',
      importer: 'linux-kernel-log',
      line: `2026-11-24T08:37:09.457Z worker-3 kernel: [16571.459614] ${kernel}`,
    })
    expect(sorted(`<4>Nov 24 08:37:09 worker-3 kernel: ${kernel}`).line).toBe(
      `Nov 24 08:37:09 worker-3 kernel: ${kernel}`,
    )
    // Neither sender nor relay has stamped it: the time of its arrival has to do.
    expect(sorted(`<4>kernel: ${kernel}`).line).toBe(`${at} 192.0.2.7 kernel: ${kernel}`)
  })

  it('is never one that breaks a line or throws', () => {
    const torn = `<134>Nov 24 08:37:09 fw-1 x: ${alarm.slice(0, 90)}\n\r\0${alarm.slice(90)}`
    for (const text of [
      torn,
      '',
      '<',
      '<999>',
      '<1>1 - - - - - -',
      '\0\0',
      'é'.repeat(5_000),
      '<13>1 x'.repeat(300),
    ]) {
      expect(sorted(text).line).not.toMatch(/[\n\r\0]/)
    }
  })
})

describe('a TCP stream of syslog', () => {
  const cut = (pieces: readonly string[], max = 1_000) => {
    const messages: string[] = []
    let tooLong = 0
    const frames = new SyslogFrames({ message: (text) => messages.push(text), tooLong: () => tooLong++ }, max)
    for (const piece of pieces) frames.chunk(Buffer.from(piece))
    frames.end()
    return { messages, tooLong }
  }

  it('is cut by octet counts and by newlines, wherever it is torn', () => {
    const stream = '5 <1>a\n6 <2>béx<3>a line\n<4>another\n11 <5>two\nlines<6>the last'
    const whole = cut([stream]).messages
    expect(whole).toEqual(['<1>a\n', '<2>bé', 'x<3>a line', '<4>another', '<5>two\nline', 's<6>the last'])
    const bytes = Buffer.from(stream)
    for (let at = 1; at < bytes.length; at++) {
      const messages: string[] = []
      const frames = new SyslogFrames({ message: (text) => messages.push(text), tooLong: () => {} }, 1_000)
      frames.chunk(bytes.subarray(0, at))
      frames.chunk(bytes.subarray(at))
      frames.end()
      expect(messages, String(at)).toEqual(whole)
    }
  })

  it('passes over what is too long, and goes on behind it', () => {
    const long = 'x'.repeat(5_000)
    expect(cut([`${long}\n<1>short\n`])).toEqual({ messages: ['<1>short'], tooLong: 1 })
    expect(cut([`5000 ${long}`, '7 <1>shor'])).toEqual({ messages: ['<1>shor'], tooLong: 1 })
  })
})

let folder = ''
let syslog: SyslogReceiver | undefined
let otlp: OtlpReceiver | undefined
let problems: string[] = []
let read: string[] = []

function spoolOf(limits = followLimits) {
  return {
    spool: new Spool(folder, limits, (path) => read.includes(path)),
    limits,
    onProblem: (what: string) => void problems.push(what),
  }
}

/** All lines of the spool by stream. */
function spooled(): Record<string, string[]> {
  const out: Record<string, string[]> = {}
  const walk = (below: string) => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isDirectory()) walk(path)
      else out[path] = readFileSync(join(folder, path), 'utf8').split('\n').slice(0, -1)
    }
  }
  walk('')
  return out
}

beforeEach(() => {
  folder = join(temporary(), 'spool')
  mkdirSync(folder)
  problems = []
  read = []
})

afterEach(async () => {
  await syslog?.close()
  await otlp?.close()
  syslog = undefined
  otlp = undefined
})

describe('the syslog receiver', () => {
  it('keeps lines of several senders and formats apart, by UDP and TCP', async () => {
    syslog = await listenSyslog({ host: '127.0.0.1', port: 0 }, spoolOf())
    const port = Number(syslog.udp.split(':')[1])
    const udp = createSocket('udp4')
    for (const text of [`<134>Nov 24 08:37:09 fw-1 suricata[8]: ${alarm}`, `<134>${forti}`]) {
      await new Promise<void>((resolve) => udp.send(text, port, '127.0.0.1', () => resolve()))
    }
    const framed = (text: string) => `${Buffer.byteLength(text)} ${text}`
    const tcp = connect(port, '127.0.0.1')
    tcp.write(framed(`<134>1 2026-11-24T08:37:09Z fw-1 suricata 8 - - ${alarm}`))
    tcp.write(`<4>1 2026-11-24T08:37:09Z ../../../etc kernel - - - ${kernel}\n`)
    tcp.end(`<13>Nov 24 08:37:09 host-1 app: \u001b[31mno alarm\n`)
    await until(() => syslog?.counts.records === 5, 'five messages')
    udp.close()
    await until(() => Object.values(spooled()).flat().length === 5, 'five lines')
    expect(spooled()).toEqual({
      'syslog/127.0.0.1/fortigate-000001.log': [forti],
      'syslog/fw-1/suricata-eve-000001.log': [alarm, alarm],
      'syslog/_.._.._.._etc/linux-kernel-log-000001.log': [
        `2026-11-24T08:37:09Z ../../../etc kernel: ${kernel}`,
      ],
      'syslog/unknown/lines-000001.log': ['Nov 24 08:37:09 host-1 app: \u001b[31mno alarm'],
    })
    expect(problems.join()).toContain('no format that is known')
  })

  it('lets the oldest segments that were read make room, and drops what has none, counted', async () => {
    const limits = { ...followLimits, spoolBytes: 4_000, spoolSegmentBytes: 1_000 }
    syslog = await listenSyslog({ host: '127.0.0.1', port: 0 }, spoolOf(limits))
    const { counts, tcp } = syslog
    const port = Number(tcp.split(':')[1])
    const send = async (count: number) => {
      for (let k = 0; k < count; k++) {
        const before = counts.records
        const socket = connect(port, '127.0.0.1')
        socket.end(`<134>Nov 24 08:37:09 fw-1 suricata: ${alarm}\n`)
        await until(() => counts.records > before, 'the message')
      }
    }
    await send(30)
    await until(() => counts.dropped > 0, 'no room')
    const kept = Object.values(spooled()).flat().length
    expect(kept + counts.dropped).toBe(30)
    expect(problems.join()).toContain('the spool is full')
    read = Object.keys(spooled()).map((path) => join(folder, path))
    const dropped = counts.dropped
    await send(5)
    await until(() => counts.records === 35, 'all')
    expect(counts.dropped).toBe(dropped)
  })

  it('says why an address can’t be had', async () => {
    syslog = await listenSyslog({ host: '127.0.0.1', port: 0 }, spoolOf())
    const port = Number(syslog.tcp.split(':')[1])
    await expect(listenSyslog({ host: '127.0.0.1', port }, spoolOf())).rejects.toThrow(/can't be listened on/)
    expect(() => parseListen('--syslog', '0.0.0.0:514', false)).toThrow(/others can reach/)
    expect(parseListen('--syslog', '0.0.0.0:514', true)).toEqual({ host: '0.0.0.0', port: 514 })
    expect(parseListen('--syslog', '[::1]:5514', false)).toEqual({ host: '::1', port: 5514 })
    expect(parseListen('--otlp', '4318', false)).toEqual({ host: '127.0.0.1', port: 4318 })
    for (const wrong of ['', 'fw:1', '127.0.0.1', '127.0.0.1:70000', '[::1', 'a b:1']) {
      expect(() => parseListen('--otlp', wrong, true), wrong).toThrow(/--otlp wants/)
    }
  })
})

const spans = JSON.stringify(
  {
    resourceSpans: [
      {
        scopeSpans: [
          { spans: [{ traceId: 'aa', spanId: 'bb', name: 'execute_tool', startTimeUnixNano: '1' }] },
        ],
      },
    ],
  },
  null,
  2,
)

interface Answer {
  readonly status: number | undefined
  readonly body: string
}

function post(
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<Answer> {
  const [host, port] = (otlp?.address ?? '').split(':')
  return new Promise((resolve, reject) => {
    const all = { 'content-type': 'application/json', ...headers }
    const sending = request({ host, port, path, method, headers: all }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      response.on('end', () => resolve({ status: response.statusCode, body: text }))
    })
    sending.on('error', reject)
    sending.end(body)
  })
}

describe('the OTLP receiver', () => {
  it('takes spans and logs, JSON and protocol buffers, plain and with gzip, and answers when they are kept', async () => {
    otlp = await listenOtlp({ host: '127.0.0.1', port: 0 }, spoolOf())
    expect(await post('/v1/traces', spans)).toEqual({ status: 200, body: '{}' })
    expect(Object.values(spooled()).flat()).toHaveLength(1)
    expect(await post('/v1/traces', gzipSync(spans), { 'content-encoding': 'gzip' })).toMatchObject({
      status: 200,
    })
    expect(await post('/v1/logs', '{"resourceLogs":[]}')).toMatchObject({ status: 200 })
    // resource_spans { scope_spans { spans { name: "execute_tool" } } }
    const name = Buffer.from('execute_tool')
    const field = (number: number, content: Buffer) =>
      Buffer.concat([Buffer.from([number * 8 + 2, content.length]), content])
    const body = field(1, field(2, field(2, field(5, name))))
    const answer = await post('/v1/traces', body, { 'content-type': 'application/x-protobuf' })
    expect(answer).toEqual({ status: 200, body: '' })
    const lines = Object.values(spooled()).flat()
    expect(lines).toHaveLength(3)
    expect(lines.map((line): unknown => JSON.parse(line)).slice(0, 2)).toEqual([
      JSON.parse(spans),
      JSON.parse(spans),
    ])
    expect(lines[2]).toContain('execute_tool')
    expect(otlp.counts.records).toBe(3)
  })

  it('refuses what it can’t read or must not take', async () => {
    otlp = await listenOtlp({ host: '127.0.0.1', port: 0 }, spoolOf({ ...followLimits, bodyBytes: 2_000 }))
    const status = async (...given: Parameters<typeof post>) => (await post(...given)).status
    expect(await status('/v1/metrics', '{}')).toBe(404)
    expect(await status('/v1/traces', '', {}, 'GET')).toBe(405)
    expect(await status('/v1/traces', spans, { 'content-type': 'text/plain' })).toBe(415)
    expect(await status('/v1/traces', spans, { 'content-encoding': 'br' })).toBe(415)
    expect(await status('/v1/traces', spans, { host: 'rebound.example.com' })).toBe(421)
    expect(await status('/v1/traces', 'x'.repeat(3_000)).catch(() => 413)).toBe(413)
    expect(await status('/v1/traces', gzipSync('x'.repeat(1e6)), { 'content-encoding': 'gzip' })).toBe(400)
    expect(await status('/v1/traces', 'no gzip', { 'content-encoding': 'gzip' })).toBe(400)
    expect(await status('/v1/traces', '{"resourceLogs":[]}')).toBe(400)
    expect(await status('/v1/traces', '{')).toBe(400)
    expect(await status('/v1/traces', `${'['.repeat(900)}${']'.repeat(900)}`)).toBe(400)
    expect(await status('/v1/traces', '\x07', { 'content-type': 'application/x-protobuf' })).toBe(400)
    expect(spooled()).toEqual({})
  })

  it('tells senders to wait when there is no room', async () => {
    otlp = await listenOtlp({ host: '127.0.0.1', port: 0 }, spoolOf({ ...followLimits, spoolBytes: 300 }))
    expect((await post('/v1/traces', spans)).status).toBe(200)
    const { status } = await post('/v1/traces', spans)
    expect(status).toBe(503)
    expect(otlp.counts.dropped).toBe(1)
  })
})
