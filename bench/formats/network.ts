// The connections of a run as other sensors would have logged them. Every writer sees the traffic from one place
// (`view`) by one clock, and remembers which connection each of its lines tells of.

import { type SensorClock, shown } from '../../src/lab/sensor/clock.ts'
import type { Connection, Facts } from './facts.ts'

/**
 * Where the sensor stands. `box`: before any translation. `worker`: the sandboxes of a machine share that machine's
 * address. `nat`: everything shares one address, machines are told apart by ranges of ports.
 */
export type View = 'box' | 'worker' | 'nat'

export interface LogLine {
  readonly text: string
  /** None for a header. */
  readonly connection?: number
  readonly alarm?: boolean
}

export interface LogFile {
  readonly path: string
  readonly lines: readonly LogLine[]
}

export interface Sight {
  readonly facts: Facts
  readonly view: View
  readonly clock: SensorClock
  /** Zone of writers that name none. */
  readonly localMinutes: number
}

export type NetworkWriter = (sight: Sight) => LogFile[]

export const networkWriters: Readonly<Record<string, NetworkWriter>> = {
  eve,
  'eve-1s': (sight) => wholeSeconds(eve(sight)),
  'zeek-tsv': zeekTsv,
  'zeek-json': zeekJson,
  'aws-v2': (sight) => awsFlow(sight, awsDefault, false),
  'aws-v5': (sight) => awsFlow(sight, awsCustom, true),
  'kernel-log': kernelLog,
  'alibaba-json': (sight) => alibaba(sight, 'json'),
  'alibaba-csv': (sight) => alibaba(sight, 'csv'),
  conntrack,
  'pan-os': panOs,
  gcp,
  'ulogd-json': ulogdJson,
}

/** The addresses that a sensor in this place sees; a port before translation only where it stands before it. */
function ends(c: Connection, view: View) {
  const inbound = c.cause === 'outside'
  const src =
    view === 'box' || inbound
      ? { ip: c.srcIp, port: c.srcPort }
      : { ip: view === 'worker' ? (c.host?.ip ?? c.srcIp) : c.natIp, port: c.natPort }
  return { src, dst: { ip: c.dst, port: c.dstPort } }
}

/** What the sensor could see at all. */
function visible({ facts }: Sight): Connection[] {
  return facts.connections.filter((c) => c.srcIp !== '')
}

const byTime = <T extends { us: number }>(rows: readonly T[]): T[] => [...rows].sort((a, b) => a.us - b.us)

const isoMicros = (us: number, zone: string) =>
  `${new Date(Math.floor(us / 1000)).toISOString().slice(0, 23)}${digits(us % 1000, 3)}${zone}`
const epochMicros = (us: number) => `${Math.floor(us / 1e6)}.${digits(us % 1e6, 6)}`
const digits = (value: number, width: number) => String(value).padStart(width, '0')
const seconds = (us: number) => Math.floor(us / 1e6)
const protocolNumber = (c: Connection) => (c.protocol === 'tcp' ? 6 : 17)

/** The run's own log; addresses and stamps put to this place and clock. */
function eve({ facts, view, clock, localMinutes }: Sight): LogFile[] {
  const of = new Map(facts.connections.map((c) => [c.id, c]))
  const unshown = (us: number) => {
    const { offsetMs, driftPpm, fromUs } = facts.eveClock
    return Math.round((us - offsetMs * 1000 + fromUs * driftPpm * 1e-6) / (1 + driftPpm * 1e-6))
  }
  const stamp = (text: string) => {
    const us = Date.parse(`${text.slice(0, 23)}Z`) * 1000 + Number(text.slice(23, 26))
    const sign = localMinutes < 0 ? '-' : '+'
    const zone = `${sign}${digits(Math.floor(Math.abs(localMinutes) / 60), 2)}${digits(Math.abs(localMinutes) % 60, 2)}`
    return isoMicros(shown(clock, unshown(us)) + localMinutes * 60e6, zone)
  }
  const lines = facts.eve.map(({ text, connection, alarm }) => {
    const c = of.get(connection)!
    const { src } = ends(c, view)
    const row = JSON.parse(text)
    row.timestamp = stamp(row.timestamp)
    if (row.flow?.start) row.flow.start = stamp(row.flow.start)
    if (row.flow?.end) row.flow.end = stamp(row.flow.end)
    // Every record of ours is written from the client's side.
    row.src_ip = src.ip
    row.src_port = src.port
    return { text: JSON.stringify(row), connection, alarm }
  })
  return [{ path: 'firewall/eve.json', lines }]
}

function wholeSeconds(files: LogFile[]): LogFile[] {
  const cut = (text: string) => text.replace(/(T\d\d:\d\d:\d\d)\.\d{6}(?=[+-]\d{4}")/g, '$1')
  return files.map(({ path, lines }) => ({
    path,
    lines: lines.map((line) => ({ ...line, text: cut(line.text) })),
  }))
}

interface ZeekRow {
  readonly log: 'conn' | 'dns' | 'ssl' | 'ssh' | 'http' | 'notice'
  readonly us: number
  readonly connection: number
  readonly alarm: boolean
  readonly cells: readonly (readonly [name: string, type: string, value: unknown])[]
}

function zeekRows(sight: Sight): ZeekRow[] {
  const rows: ZeekRow[] = []
  for (const c of visible(sight)) {
    const { src, dst } = ends(c, sight.view)
    const uid = `C${digits(c.id, 5)}zQkT4mWx1aB`
    const alarm = false
    const common = (us: number): [string, string, unknown][] => [
      ['ts', 'time', shown(sight.clock, us) / 1e6],
      ['uid', 'string', uid],
      ['id.orig_h', 'addr', src.ip],
      ['id.orig_p', 'port', src.port],
      ['id.resp_h', 'addr', dst.ip],
      ['id.resp_p', 'port', dst.port],
    ]
    const add = (log: ZeekRow['log'], us: number, cells: [string, string, unknown][]) =>
      rows.push({ log, us, connection: c.id, alarm, cells: [...common(us), ...cells] })
    const service = c.app === 'tls' ? 'ssl' : ['dns', 'http', 'ssh'].includes(c.app) ? c.app : undefined
    add('conn', c.timeUs, [
      ['proto', 'enum', c.protocol],
      ['service', 'string', service],
      ['duration', 'interval', c.answered ? (c.endUs - c.timeUs) / 1e6 : undefined],
      ['orig_bytes', 'count', Math.max(0, c.bytesOut - c.packetsOut * 40)],
      ['resp_bytes', 'count', Math.max(0, c.bytesIn - c.packetsIn * 40)],
      [
        'conn_state',
        'string',
        !c.answered ? 'S0' : c.protocol === 'udp' || c.closed ? 'SF' : c.bytesIn <= 60 ? 'REJ' : 'S1',
      ],
      ['history', 'string', c.protocol === 'udp' ? 'Dd' : c.answered ? 'ShADadFf' : 'S'],
      ['orig_pkts', 'count', c.packetsOut],
      ['orig_ip_bytes', 'count', c.bytesOut],
      ['resp_pkts', 'count', c.packetsIn],
      ['resp_ip_bytes', 'count', c.bytesIn],
    ])
    for (const q of c.dns) {
      add('dns', q.us, [
        ['proto', 'enum', 'udp'],
        ['trans_id', 'count', q.id],
        ['query', 'string', q.name],
        ['qtype_name', 'string', q.type],
        ['rcode_name', 'string', q.rcode],
        ['answers', 'vector[string]', q.answers],
      ])
    }
    if (c.app === 'tls')
      add('ssl', c.timeUs + 1500, [
        ['version', 'string', 'TLSv13'],
        ['server_name', 'string', c.sni],
        ['established', 'bool', true],
      ])
    if (c.ssh)
      add('ssh', c.timeUs + 2500, [
        ['auth_success', 'bool', true],
        ['client', 'string', c.ssh.client],
        ['server', 'string', c.ssh.server],
      ])
    if (c.http)
      add('http', c.timeUs + 1200, [
        ['method', 'string', c.http.http_method],
        ['host', 'string', c.http.hostname],
        ['uri', 'string', c.http.url],
        ['user_agent', 'string', c.http.http_user_agent],
        ['status_code', 'count', c.http.status],
      ])
  }
  return byTime(rows)
}

const zeekLogs = ['conn', 'dns', 'ssl', 'ssh', 'http'] as const

function zeekTsv(sight: Sight): LogFile[] {
  const rows = zeekRows(sight)
  const cell = (type: string, value: unknown) =>
    value === undefined || value === null || value === ''
      ? '-'
      : Array.isArray(value)
        ? value.join(',') || '(empty)'
        : type === 'time' || type === 'interval'
          ? Number(value).toFixed(6)
          : type === 'bool'
            ? value
              ? 'T'
              : 'F'
            : String(value)
  return zeekLogs.flatMap((log) => {
    const own = rows.filter((row) => row.log === log)
    const [first] = own
    if (!first) return []
    const header = [
      '#separator \\x09',
      '#set_separator\t,',
      '#empty_field\t(empty)',
      '#unset_field\t-',
      `#path\t${log}`,
      `#fields\t${first.cells.map(([name]) => name).join('\t')}`,
      `#types\t${first.cells.map(([, type]) => type).join('\t')}`,
    ].map((text): LogLine => ({ text }))
    const lines = own.map(
      (row): LogLine => ({
        text: row.cells.map(([, type, value]) => cell(type, value)).join('\t'),
        connection: row.connection,
      }),
    )
    return [{ path: `zeek/${log}.log`, lines: [...header, ...lines] }]
  })
}

function zeekJson(sight: Sight): LogFile[] {
  const rows = zeekRows(sight)
  return zeekLogs.flatMap((log) => {
    const own = rows.filter((row) => row.log === log)
    if (own.length === 0) return []
    const lines = own.map(
      (row): LogLine => ({
        text: JSON.stringify(
          Object.fromEntries(
            row.cells.flatMap(([name, type, value]) =>
              value === undefined
                ? []
                : [[name, type === 'time' || type === 'interval' ? Number(Number(value).toFixed(6)) : value]],
            ),
          ),
        ),
        connection: row.connection,
      }),
    )
    return [{ path: `zeek/${log}.log`, lines }]
  })
}

const awsDefault =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status'.split(
    ' ',
  )
const awsCustom =
  'start end srcaddr srcport dstaddr dstport protocol pkt-srcaddr pkt-dstaddr packets bytes tcp-flags flow-direction traffic-path action log-status interface-id version account-id'.split(
    ' ',
  )
const windowUs = 60_000_000

/** Windows of 60 s: a record a direction and window; `start` is the first packet's whole second within it. */
function awsFlow(sight: Sight, columns: readonly string[], header: boolean): LogFile[] {
  const rows: { us: number; text: string; connection: number }[] = []
  const { hosts } = sight.facts
  for (const c of visible(sight)) {
    const { src, dst } = ends(c, sight.view)
    const fromUs = shown(sight.clock, c.timeUs)
    const toUs = shown(sight.clock, c.endUs)
    // Each interface has capture windows of its own.
    const phaseUs = (hosts.findIndex((host) => host === c.host) + 1) * 17_000_000
    const first = Math.floor((fromUs + phaseUs) / windowUs)
    const last = Math.floor((toUs + phaseUs) / windowUs)
    for (let window = first; window <= last; window++) {
      const parts = last - first + 1
      const start = Math.max(fromUs, window * windowUs - phaseUs)
      const end = Math.min(toUs, (window + 1) * windowUs - phaseUs)
      for (const out of [true, false]) {
        if (!out && c.packetsIn === 0) continue
        const [a, b] = out ? [src, dst] : [dst, src]
        const value: Record<string, string | number> = {
          version: 5,
          'account-id': '123456789010',
          'interface-id': `eni-0${digits(hosts.findIndex((host) => host === c.host) + 1, 16)}`,
          srcaddr: a.ip,
          dstaddr: b.ip,
          srcport: a.port,
          dstport: b.port,
          protocol: protocolNumber(c),
          packets: Math.max(1, Math.round((out ? c.packetsOut : c.packetsIn) / parts)),
          bytes: Math.max(40, Math.round((out ? c.bytesOut : c.bytesIn) / parts)),
          start: seconds(start),
          end: seconds(end) + 1,
          action: 'ACCEPT',
          'log-status': 'OK',
          'pkt-srcaddr': a.ip,
          'pkt-dstaddr': b.ip,
          'tcp-flags':
            c.protocol === 'udp' ? 0 : out ? (window === first ? 3 : 1) : window === first ? 19 : 1,
          'flow-direction': out === (c.cause !== 'outside') ? 'egress' : 'ingress',
          'traffic-path': out ? 8 : '-',
        }
        if (columns === awsDefault) value.version = 2
        rows.push({ us: end, text: columns.map((name) => value[name]).join(' '), connection: c.id })
      }
    }
  }
  const lines: LogLine[] = byTime(rows)
  return [{ path: 'flowlogs/vpc.log', lines: header ? [{ text: columns.join(' ') }, ...lines] : lines }]
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** One line for each connection's first packet, in local time without a year. */
function kernelLog(sight: Sight): LogFile[] {
  const rows = visible(sight).map((c) => {
    const { src, dst } = ends(c, sight.view)
    const us = shown(sight.clock, c.timeUs)
    const local = new Date((us + sight.localMinutes * 60e6) / 1000)
    const stamp = `${months[local.getUTCMonth()]} ${String(local.getUTCDate()).padStart(2)} ${local.toISOString().slice(11, 19)}`
    const boot = ((us - sight.clock.fromUs) / 1e6 + 71_234.5).toFixed(6)
    const ifaces = c.cause === 'outside' ? 'IN=wan0 OUT=br0' : 'IN=br0 OUT=wan0'
    const flags =
      c.protocol === 'tcp' ? `WINDOW=64240 RES=0x00 SYN URGP=0` : `LEN=${Math.max(8, c.bytesOut - 20)}`
    return {
      us,
      connection: c.id,
      text: `${stamp} gw-1 kernel: [${boot}] FWD-ACCEPT: ${ifaces} MAC=00:00:5e:00:53:01:00:00:5e:00:53:02:08:00 SRC=${src.ip} DST=${dst.ip} LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=${c.id} DF PROTO=${c.protocol.toUpperCase()} SPT=${src.port} DPT=${dst.port} ${flags}`,
    }
  })
  return [{ path: 'gateway/kern.log', lines: byTime(rows) }]
}

const alibabaColumns =
  '__time__ log_type direction src_ip src_port dst_ip dst_port ip_protocol start_time end_time in_packet_bytes out_packet_bytes in_packet_count out_packet_count app_name domain url rule_result acl_rule_id ips_rule_name_en attack_type_name_en vul_level src_private_ip region_id'.split(
    ' ',
  )

function alibaba(sight: Sight, as: 'json' | 'csv'): LogFile[] {
  const rows = visible(sight).map((c) => {
    const { src, dst } = ends(c, sight.view)
    const start = seconds(shown(sight.clock, c.timeUs))
    const end = seconds(shown(sight.clock, c.endUs))
    const [alert] = c.alerts
    const inbound = c.cause === 'outside'
    const value: Record<string, string> = {
      __time__: String(end + 45),
      __topic__: 'cloudfirewall_access_log',
      log_type: 'internet_log',
      aliuid: '1000000000000001',
      direction: inbound ? 'in' : 'out',
      src_ip: src.ip,
      src_port: String(src.port),
      dst_ip: dst.ip,
      dst_port: String(dst.port),
      ip_protocol: c.protocol,
      start_time: String(start),
      start_time_min: String(Math.ceil(start / 60) * 60),
      end_time: String(end),
      in_packet_bytes: String(inbound ? c.bytesOut : c.bytesIn),
      out_packet_bytes: String(inbound ? c.bytesIn : c.bytesOut),
      in_packet_count: String(inbound ? c.packetsOut : c.packetsIn),
      out_packet_count: String(inbound ? c.packetsIn : c.packetsOut),
      app_name: ['tls', 'http', 'dns', 'ssh'].includes(c.app) ? c.app.toUpperCase() : 'Unknown',
      domain: c.sni ?? String(c.http?.hostname ?? c.dns[0]?.name ?? ''),
      url: String(c.http?.url ?? ''),
      rule_result: alert ? 'alert' : 'pass',
      acl_rule_id: '00000000-0000-0000-0000-000000000000',
      ips_rule_name_en: alert?.signature ?? '',
      attack_type_name_en: alert
        ? alert.signature.startsWith('COINMINER')
          ? 'Mining Behavior'
          : alert.category
        : '',
      vul_level: alert ? String(4 - alert.severity) : '',
      src_private_ip: '',
      region_id: 'cn-example-1',
    }
    const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
    return {
      us: end,
      connection: c.id,
      alarm: alert !== undefined,
      text:
        as === 'json' ? JSON.stringify(value) : alibabaColumns.map((name) => quoted(value[name]!)).join(','),
    }
  })
  const lines: LogLine[] = byTime(rows)
  return as === 'json'
    ? [{ path: 'cloudfirewall/access.jsonl', lines }]
    : [{ path: 'cloudfirewall/access.csv', lines: [{ text: alibabaColumns.join(',') }, ...lines] }]
}

/** The router's own log of the run, by this clock. */
export function conntrack({ facts, clock }: Sight): LogFile[] {
  const { offsetMs, driftPpm, fromUs } = facts.eveClock
  const lines = facts.conntrack.map(({ text, connection }) => {
    const [, s = '', us = ''] = /^\[(\d+)\.(\d{6})\]/.exec(text) ?? []
    const theirs = Number(s) * 1e6 + Number(us)
    const real = Math.round((theirs - offsetMs * 1000 + fromUs * driftPpm * 1e-6) / (1 + driftPpm * 1e-6))
    return { text: text.replace(/^\[[\d.]+\]/, `[${epochMicros(shown(clock, real))}]`), connection }
  })
  return [{ path: 'router/conntrack.log', lines }]
}

function panOs(sight: Sight): LogFile[] {
  const local = (us: number) =>
    new Date((us + sight.localMinutes * 60e6) / 1000)
      .toISOString()
      .slice(0, 19)
      .replace('T', ' ')
      .replaceAll('-', '/')
  const rows: { us: number; connection: number; alarm: boolean; text: string }[] = []
  for (const c of visible(sight)) {
    // It knows both sides where the sandboxes are its clients.
    const { src, dst } = ends(c, sight.view)
    const start = shown(sight.clock, c.timeUs)
    const end = shown(sight.clock, c.endUs)
    const natted = sight.view === 'box' && c.cause !== 'outside'
    const app =
      c.app === 'tls'
        ? 'ssl'
        : c.app === 'http'
          ? 'web-browsing'
          : ['dns', 'ssh'].includes(c.app)
            ? c.app
            : c.answered
              ? 'unknown-tcp'
              : 'incomplete'
    const row = (us: number, type: string, subtype: string, tail: Record<number, string | number>) => {
      const cells: (string | number)[] = Array(53).fill('')
      const set: Record<number, string | number> = {
        0: 1,
        1: local(us),
        2: '012801096514',
        3: type,
        4: subtype,
        5: 2049,
        6: local(us),
        7: src.ip,
        8: dst.ip,
        9: natted ? c.natIp : '0.0.0.0',
        10: natted ? dst.ip : '0.0.0.0',
        11: '"egress, default"',
        14: app,
        15: 'vsys1',
        16: 'trust',
        17: 'untrust',
        22: 33_000 + c.id,
        23: 1,
        24: src.port,
        25: dst.port,
        26: natted ? c.natPort : 0,
        27: natted ? dst.port : 0,
        28: '0x400053',
        29: c.protocol,
        30: 'allow',
        ...tail,
      }
      for (const [index, value] of Object.entries(set)) cells[Number(index)] = value
      return cells.join(',')
    }
    rows.push({
      us: end,
      connection: c.id,
      alarm: false,
      text: row(end, 'TRAFFIC', 'end', {
        31: c.bytesOut + c.bytesIn,
        32: c.bytesOut,
        33: c.bytesIn,
        34: c.packetsOut + c.packetsIn,
        35: local(start),
        36: seconds(end) - seconds(start),
        37: 'any',
        44: c.packetsOut,
        45: c.packetsIn,
        46: c.protocol === 'udp' || !c.closed ? 'aged-out' : 'tcp-fin',
        52: 'PA-220',
      }),
    })
    for (const alert of c.alerts) {
      const us = shown(sight.clock, alert.us)
      rows.push({
        us,
        connection: c.id,
        alarm: true,
        text: row(us, 'THREAT', 'vulnerability', {
          30: 'alert',
          32: `"${alert.signature}(${alert.sid})"`,
          33: 'any',
          34: ['critical', 'high', 'low'][alert.severity - 1]!,
          35: 'client-to-server',
        }),
      })
    }
  }
  return [{ path: 'panos/traffic.csv', lines: byTime(rows) }]
}

/** Aggregated over 5 s, both directions as records of their own; logged minutes later. */
function gcp(sight: Sight): LogFile[] {
  const rows: { us: number; connection: number; text: string }[] = []
  for (const c of visible(sight)) {
    const { src, dst } = ends(c, sight.view)
    const start = shown(sight.clock, c.timeUs)
    const end = shown(sight.clock, c.endUs)
    for (const out of [true, false]) {
      if (!out && c.packetsIn === 0) continue
      const [a, b] = out ? [src, dst] : [dst, src]
      rows.push({
        us: end,
        connection: c.id,
        text: JSON.stringify({
          insertId: `i${c.id}${out ? 'o' : 'b'}`,
          jsonPayload: {
            bytes_sent: String(out ? c.bytesOut : c.bytesIn),
            connection: {
              src_ip: a.ip,
              src_port: a.port,
              dest_ip: b.ip,
              dest_port: b.port,
              protocol: protocolNumber(c),
            },
            start_time: isoMicros(start + (out ? 0 : 900), '000Z'),
            end_time: isoMicros(end, '000Z'),
            packets_sent: String(out ? c.packetsOut : c.packetsIn),
            reporter: out ? 'SRC' : 'DEST',
          },
          logName: 'projects/example/logs/compute.googleapis.com%2Fvpc_flows',
          timestamp: isoMicros(end + 290_000_000, '000Z'),
          receiveTimestamp: isoMicros(end + 300_000_000, '000Z'),
        }),
      })
    }
  }
  return [{ path: 'gcp/flows.jsonl', lines: byTime(rows) }]
}

/** NFLOG of each connection's first packet; `timestamp` is ulogd's, local and without a zone. */
function ulogdJson(sight: Sight): LogFile[] {
  const rows = visible(sight).map((c) => {
    const { src, dst } = ends(c, sight.view)
    const us = shown(sight.clock, c.timeUs)
    return {
      us,
      connection: c.id,
      text: JSON.stringify({
        timestamp: isoMicros(us + sight.localMinutes * 60e6, ''),
        dvc: 'Netfilter',
        'raw.pktlen': 60,
        'oob.prefix': 'fwd-allow ',
        'oob.time.sec': seconds(us),
        'oob.time.usec': us % 1e6,
        'oob.hook': 2,
        'oob.family': 2,
        action: 'blocked',
        'ip.protocol': protocolNumber(c),
        src_port: src.port,
        dest_port: dst.port,
        ...(c.protocol === 'tcp' ? { 'tcp.syn': 1, 'tcp.ack': 0 } : { 'udp.len': 40 }),
        'oob.in': 'br0',
        'oob.out': 'wan0',
        src_ip: src.ip,
        dest_ip: dst.ip,
      }),
    }
  })
  return [{ path: 'gateway/ulogd.json', lines: byTime(rows) }]
}
