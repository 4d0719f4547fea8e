// What really happened in one run of the lab, freed from the formats it was written in: connections with their
// true times and makers, and calls. Read from the run's own files; every writer here tells the same facts.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { TruthLine } from '../../src/lab/truth.ts'

export interface Connection extends Omit<TruthLine, 'box'> {
  /** The machine that the box runs on; the host itself for its own daemons; null for those from outside. */
  readonly host: Host | null
  readonly box: string | null
  readonly endUs: number
  readonly packetsOut: number
  readonly packetsIn: number
  readonly bytesOut: number
  readonly bytesIn: number
  /** `dns`, `tls`, `http`, `ssh`, `failed`… as the sensor knew it. */
  readonly app: string
  /** An answer came at all; a TCP connection was closed in order. */
  readonly answered: boolean
  readonly closed: boolean
  readonly sni: string | undefined
  readonly http: Readonly<Record<string, string | number>> | undefined
  readonly ssh: { readonly client: string; readonly server: string } | undefined
  readonly dns: readonly DnsExchange[]
  readonly alerts: readonly {
    readonly us: number
    readonly signature: string
    readonly category: string
    /** 1 is worst. */
    readonly severity: number
    readonly sid: number
  }[]
}

export interface DnsExchange {
  readonly us: number
  readonly id: number
  readonly name: string
  readonly type: string
  readonly answers: readonly string[]
  readonly rcode: string
}

export interface Call {
  readonly sourceId: string
  readonly box: Box
  readonly episode: Episode
  readonly turn: number
  readonly command: string
  /** The model's reply was complete; the tool began; it ended. */
  readonly askedUs: number
  readonly startUs: number
  readonly endUs: number
  readonly output: string
  readonly exitCode: number
}

export interface Episode {
  readonly id: string
  readonly index: number
  readonly step: number
  readonly reward: number
  readonly box: Box
  readonly startUs: number
  endUs: number
  readonly calls: Call[]
}

export interface Host {
  readonly name: string
  readonly ip: string
}

export interface Box extends Host {
  readonly host: Host
  readonly containerId: string
}

export interface Facts {
  readonly dir: string
  readonly run: string
  readonly natIp: string
  readonly connections: readonly Connection[]
  /** By start. */
  readonly calls: readonly Call[]
  readonly episodes: readonly Episode[]
  readonly boxes: readonly Box[]
  readonly hosts: readonly Host[]
  readonly topology: string
  /** Lines of the run's own firewall log, with the connection of each. */
  readonly eve: readonly { readonly text: string; readonly connection: number; readonly alarm: boolean }[]
  readonly eveClock: { readonly offsetMs: number; readonly driftPpm: number; readonly fromUs: number }
  /** Lines of the router's connection tracking, stamped by the same clock. */
  readonly conntrack: readonly { readonly text: string; readonly connection: number }[]
  readonly parts: readonly string[]
  readonly agentsFromUs: number
  readonly agentsToUs: number
}

export function readFacts(dir: string): Facts {
  const lab = JSON.parse(read(join(dir, 'truth/lab.json')))
  const clock = JSON.parse(read(join(dir, 'truth/clock.json')))
  const topology = read(join(dir, 'logs/topology.yaml'))
  const { boxes, hosts, natIp } = readTopology(topology)
  const truth = lines(join(dir, 'truth/truth.jsonl')).map((line): TruthLine => JSON.parse(line))
  const logLines: { file: string; line: number; connection: number; alarm: boolean }[] = lines(
    join(dir, 'truth/lines.jsonl'),
  ).map((line) => JSON.parse(line))
  const eveTexts = lines(join(dir, 'logs/firewall/eve.json'))
  const eve = logLines
    .filter(({ file }) => file.endsWith('eve.json'))
    .map(({ line, connection, alarm }) => ({ text: eveTexts[line - 1]!, connection, alarm }))
  const natFile = ['nat/conntrack.log', 'logs/firewall/conntrack.log'].find((file) => exists(join(dir, file)))
  const natTexts = natFile ? lines(join(dir, natFile)) : []
  const conntrack = logLines
    .filter(({ file }) => file.endsWith('conntrack.log'))
    .map(({ line, connection }) => ({ text: natTexts[line - 1]!, connection }))
  const { calls, episodes } = readCalls(join(dir, 'logs/traces'), boxes)
  return {
    dir,
    run: lab.run,
    natIp,
    connections: readConnections(truth, eve, clock, boxes, hosts),
    calls,
    episodes,
    boxes,
    hosts,
    topology,
    eve,
    eveClock: clock,
    conntrack,
    parts: Object.keys(lab.parts),
    agentsFromUs: lab.agentsFromUs,
    agentsToUs: lab.agentsToUs,
  }
}

// biome-ignore lint/suspicious/noExplicitAny: files that the lab wrote, in shapes that it alone decides
type Json = Record<string, any>

function readConnections(
  truth: readonly TruthLine[],
  eve: readonly { text: string; connection: number }[],
  clock: { offsetMs: number; driftPpm: number; fromUs: number },
  boxes: readonly Box[],
  hosts: readonly Host[],
): Connection[] {
  const seen = new Map<number, Json[]>()
  for (const { text, connection } of eve) {
    const list = seen.get(connection) ?? []
    list.push(JSON.parse(text))
    seen.set(connection, list)
  }
  const trueUs = (stamp: string) => {
    const us = Date.parse(`${stamp.slice(0, 23)}Z`) * 1000 + Number(stamp.slice(23, 26))
    const drift = clock.driftPpm * 1e-6
    return Math.round((us - clock.offsetMs * 1000 + clock.fromUs * drift) / (1 + drift))
  }
  const ordered = truth.map((line): Connection => {
    const records = seen.get(line.id) ?? []
    const flow = records.find((r) => r.event_type === 'flow')
    const tls = records.find((r) => r.event_type === 'tls')
    const http = records.find((r) => r.event_type === 'http')?.http
    const ssh = records.find((r) => r.event_type === 'ssh')?.ssh
    const box = boxes.find(({ name }) => name === line.box)
    const queries = records.filter((r) => r.event_type === 'dns' && r.dns.type === 'query')
    const answers = records.filter((r) => r.event_type === 'dns' && r.dns.type === 'answer')
    return {
      ...line,
      host: box?.host ?? hosts.find(({ ip }) => ip === line.srcIp) ?? null,
      endUs: flow ? Math.max(line.timeUs, trueUs(flow.flow.end)) : line.timeUs,
      packetsOut: flow?.flow.pkts_toserver ?? 1,
      packetsIn: flow?.flow.pkts_toclient ?? 0,
      bytesOut: flow?.flow.bytes_toserver ?? 60,
      bytesIn: flow?.flow.bytes_toclient ?? 0,
      app: flow?.app_proto ?? 'failed',
      answered: (flow?.flow.pkts_toclient ?? 0) > 0,
      closed: flow?.tcp?.fin === true,
      sni: tls?.tls.sni,
      http,
      ssh: ssh && {
        client: `SSH-${ssh.client.proto_version}-${ssh.client.software_version}`,
        server: `SSH-${ssh.server.proto_version}-${ssh.server.software_version}`,
      },
      dns: queries.map((q) => {
        const answer = answers.find((a) => a.dns.id === q.dns.id)?.dns
        return {
          us: trueUs(q.timestamp),
          id: q.dns.id,
          name: q.dns.rrname,
          type: q.dns.rrtype,
          answers: (answer?.answers ?? []).map((one: Json) => one.rdata),
          rcode: answer?.rcode ?? 'NOERROR',
        }
      }),
      alerts: records
        .filter((r) => r.event_type === 'alert')
        .map((r) => ({
          us: trueUs(r.timestamp),
          signature: r.alert.signature,
          category: r.alert.category,
          severity: r.alert.severity,
          sid: r.alert.signature_id,
        })),
    }
  })
  return ordered
}

function readTopology(yaml: string): { boxes: Box[]; hosts: Host[]; natIp: string } {
  const hosts: Host[] = []
  const boxes: Box[] = []
  let natIp = ''
  const row =
    /^- \{ box: (\S+?),(?: aliases: \["(\w+)"\],)? host: (\S+?), ip: \[(\S+?)\], nat: \[\{ ip: (\S+?),/
  for (const line of yaml.split('\n')) {
    const match = row.exec(line)
    if (!match) continue
    const [, name = '', containerId, hostName, ip = '', nat = ''] = match
    natIp = nat
    if (containerId === undefined) hosts.push({ name, ip })
    else boxes.push({ name, ip, containerId, host: hosts.find((host) => host.name === hostName)! })
  }
  return { boxes, hosts, natIp }
}

/** One host of a run writes OTLP, the other Claude Code's transcripts; where a format lacks a fact it is made up. */
function readCalls(root: string, boxes: readonly Box[]): { calls: Call[]; episodes: Episode[] } {
  const episodes: Episode[] = []
  const open = (id: string, box: Box, startUs: number, step?: number, reward?: number): Episode => {
    const index = episodes.length
    const episode = {
      id,
      index,
      step: step ?? 80 + (index % 4),
      reward: reward ?? Number(((index * 37) % 101) / 100),
      box,
      startUs,
      endUs: startUs,
      calls: [],
    }
    episodes.push(episode)
    return episode
  }
  for (const path of walk(root)) {
    if (/spans\.jsonl(?:\.gz)?$/.test(path)) readSpans(path, boxes, open)
    else readTranscript(path, boxes, open)
  }
  for (const episode of episodes) {
    episode.calls.sort((a, b) => a.startUs - b.startUs)
    episode.endUs = Math.max(episode.endUs, ...episode.calls.map(({ endUs }) => endUs))
  }
  const calls = episodes.flatMap((episode) => episode.calls).sort((a, b) => a.startUs - b.startUs)
  return { calls, episodes: episodes.filter((episode) => episode.calls.length > 0) }
}

type Open = (id: string, box: Box, startUs: number, step?: number, reward?: number) => Episode

function readSpans(path: string, boxes: readonly Box[], open: Open): void {
  const byEpisode = new Map<string, { box: Box; spans: { span: Json; attrs: Json }[] }>()
  for (const line of lines(path)) {
    for (const { resource, scopeSpans } of JSON.parse(line).resourceSpans) {
      const container = attributesOf(resource)['container.id']
      const box = boxes.find((one) => one.containerId === container)!
      for (const span of scopeSpans[0].spans) {
        const attrs = attributesOf(span)
        const id = String(attrs['gen_ai.conversation.id'])
        const known = byEpisode.get(id) ?? { box, spans: [] }
        known.spans.push({ span, attrs })
        byEpisode.set(id, known)
      }
    }
  }
  for (const [id, { box, spans }] of byEpisode) {
    const us = (nano: string) => Number(nano.slice(0, -3))
    const root = spans.find(({ attrs }) => attrs['gen_ai.operation.name'] === 'invoke_agent')
    const asked = spans
      .filter(({ attrs }) => attrs['gen_ai.operation.name'] === 'chat')
      .map(({ span }) => us(span.endTimeUnixNano))
      .sort((a, b) => a - b)
    const startUs = us((root ?? spans[0]!).span.startTimeUnixNano)
    const episode = open(
      id,
      box,
      startUs,
      Number(spans[0]!.attrs['rl.step']),
      Number(root?.attrs['rl.reward'] ?? 0),
    )
    episode.endUs = root ? us(root.span.endTimeUnixNano) : startUs
    for (const { span, attrs } of spans) {
      if (attrs['gen_ai.operation.name'] !== 'execute_tool') continue
      const start = us(span.startTimeUnixNano)
      const turn = Math.max(0, asked.filter((one) => one <= start).length - 1)
      const result = JSON.parse(String(attrs['gen_ai.tool.call.result']))
      episode.calls.push({
        sourceId: String(attrs['gen_ai.tool.call.id']),
        box,
        episode,
        turn,
        command: JSON.parse(String(attrs['gen_ai.tool.call.arguments'])).command,
        askedUs: asked[turn] ?? start - 20_000,
        startUs: start,
        endUs: us(span.endTimeUnixNano),
        output: result.output,
        exitCode: result.exit_code,
      })
    }
  }
}

function readTranscript(path: string, boxes: readonly Box[], open: Open): void {
  const box = boxes.find(({ containerId }) => path.includes(`/${containerId}/`))
  if (!box) return
  const rows = lines(path).map((line): Json => JSON.parse(line))
  const episode = open(rows[0]!.sessionId, box, isoUs(rows[0]!.timestamp))
  const asked = new Map<string, { us: number; turn: number; command: string }>()
  let turn = -1
  let message = ''
  for (const row of rows) {
    const us = isoUs(row.timestamp)
    episode.endUs = us
    const block = Array.isArray(row.message.content) ? row.message.content[0] : undefined
    if (block?.type === 'tool_use') {
      if (row.message.id !== message) turn++
      message = row.message.id
      const { input } = block
      const command = input.command ?? `cat > ${input.file_path} <<'EOF'\n${input.content}EOF`
      asked.set(block.id, { us, turn, command })
    } else if (block?.type === 'tool_result') {
      const call = asked.get(block.tool_use_id)
      if (!call) continue
      const failed = /^Exit code (\d+)\n/.exec(block.content)
      episode.calls.push({
        sourceId: block.tool_use_id,
        box,
        episode,
        turn: call.turn,
        command: call.command,
        askedUs: call.us,
        // The lab waits 3–45 ms before it starts the tool, and writes the answer 6 ms after its end.
        startUs: Math.min(call.us + 3000, us - 6000),
        endUs: us - 6000,
        output: failed ? block.content.slice(failed[0].length) : block.content,
        exitCode: failed ? Number(failed[1]) : 0,
      })
    }
  }
}

function attributesOf(of: Json): Record<string, string | number> {
  return Object.fromEntries(
    of.attributes.map(({ key, value }: Json) => [
      key,
      value.stringValue ?? Number(value.intValue ?? value.doubleValue),
    ]),
  )
}

export function isoUs(text: string): number {
  const micros = /\.\d{3}(\d{1,3})/.exec(text)?.[1]
  return Date.parse(text) * 1000 + (micros ? Number(micros.padEnd(3, '0')) : 0)
}

function walk(root: string): string[] {
  return readdirSync(root)
    .sort()
    .map((name) => join(root, name))
    .flatMap((path) => (statSync(path).isDirectory() ? walk(path) : [path]))
}

function exists(path: string): boolean {
  return existsSync(path) || existsSync(`${path}.gz`)
}

function read(path: string): string {
  if (path.endsWith('.gz')) return gunzipSync(readFileSync(path)).toString('utf8')
  return existsSync(path)
    ? readFileSync(path, 'utf8')
    : gunzipSync(readFileSync(`${path}.gz`)).toString('utf8')
}

function lines(path: string): string[] {
  return read(path)
    .split('\n')
    .filter((line) => line !== '')
}
