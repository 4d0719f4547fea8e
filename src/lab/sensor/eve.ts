// Flows and alerts as Suricata writes them (EVE): one JSON object a line, in order of emission.
//
// {"timestamp":"2026-11-24T08:27:33.904481+0000","flow_id":…,"in_iface":"out0","event_type":"tls","src_ip":"203.0.113.167",…}

import type { Application } from './application.ts'
import { type SensorClock, shown } from './clock.ts'
import type { Flow } from './flows.ts'
import type { Alert } from './signatures.ts'

export interface LogLine {
  readonly text: string
  readonly flow: Flow
  readonly alarm: boolean
}

export function writeEve(
  flows: readonly Flow[],
  alerts: readonly Alert[],
  { clock, sensor, stopUs }: { clock: SensorClock; sensor: string; stopUs: number },
): LogLine[] {
  const stamp = (us: number) => eveStamp(shown(clock, us))
  const alerted = new Set(alerts.map((alert) => alert.flow.id))
  const records: { us: number; flow: Flow; alarm: boolean; body: object }[] = []
  const add = (us: number, flow: Flow, type: string, body: object) =>
    records.push({ us, flow, alarm: type === 'alert', body: { event_type: type, ...common(flow), ...body } })

  for (const { flow, us, ...alert } of alerts) {
    add(us, flow, 'alert', {
      app_proto: appName(flow.application),
      alert: {
        action: flow.blocked ? 'blocked' : 'allowed',
        gid: 1,
        signature_id: alert.sid,
        rev: 1,
        signature: alert.signature,
        category: alert.category,
        severity: alert.severity,
      },
      ...(flow.application.protocol === 'http' ? { http: httpBody(flow.application) } : {}),
      flow: {
        ...counters(flow),
        start: stamp(flow.startUs),
      },
      direction: 'to_server',
      ...(flow.blocked ? { verdict: { action: 'drop' } } : {}),
    })
  }
  for (const flow of flows) {
    addApplication(flow, add)
    const closed = ((flow.flagsToServer | flow.flagsToClient) & 5) !== 0
    const us = closed ? Math.min(stopUs, flow.endUs + 2_000_000) : stopUs
    add(us, flow, 'flow', {
      app_proto: appName(flow.application),
      flow: {
        ...counters(flow),
        start: stamp(flow.startUs),
        end: stamp(flow.endUs),
        age: Math.round((flow.endUs - flow.startUs) / 1e6),
        state: closed ? 'closed' : flow.packetsToClient > 0 ? 'established' : 'new',
        reason: us === stopUs ? 'shutdown' : 'timeout',
        alerted: alerted.has(flow.id),
        ...(flow.blocked ? { action: 'drop' } : {}),
      },
      ...(flow.protocol === 'tcp' ? { tcp: tcpBody(flow, closed) } : {}),
    })
  }
  records.sort((a, b) => a.us - b.us || a.flow.id - b.flow.id)
  return records.map(({ us, flow, alarm, body }) => ({
    flow,
    alarm,
    text: JSON.stringify({
      timestamp: stamp(us),
      flow_id: flowId(flow),
      host: sensor,
      in_iface: 'out0',
      ...body,
    }),
  }))
}

function addApplication(flow: Flow, add: (us: number, flow: Flow, type: string, body: object) => void): void {
  const app = flow.application
  if (app.protocol === 'http') add(app.us, flow, 'http', { tx_id: 0, http: httpBody(app) })
  if (app.protocol === 'tls')
    add(app.us, flow, 'tls', { tls: { ...(app.sni ? { sni: app.sni } : {}), version: 'TLS 1.3' } })
  if (app.protocol === 'ssh') {
    const side = (name: string | undefined) => (name ? { proto_version: '2.0', software_version: name } : {})
    add(app.us, flow, 'ssh', { ssh: { client: side(app.client), server: side(app.server) } })
  }
  if (app.protocol !== 'dns') return
  for (const [i, q] of app.queries.entries()) {
    const asked = { id: q.id, rrname: q.name, rrtype: rrType(q.type) }
    add(q.us, flow, 'dns', { dns: { type: 'query', ...asked, tx_id: i, opcode: 0 } })
    if (q.answeredUs === undefined) continue
    const answers = (q.answers ?? []).map((rdata) => ({ rrname: q.name, rrtype: 'A', ttl: 60, rdata }))
    add(q.answeredUs, flow, 'dns', {
      dns: {
        version: 2,
        type: 'answer',
        ...asked,
        flags: '8580',
        qr: true,
        aa: true,
        rd: true,
        ra: true,
        opcode: 0,
        rcode: q.rcode === 3 ? 'NXDOMAIN' : 'NOERROR',
        ...(answers.length > 0 ? { answers, grouped: { A: q.answers } } : {}),
      },
    })
  }
}

function counters(flow: Flow): object {
  return {
    pkts_toserver: flow.packetsToServer,
    pkts_toclient: flow.packetsToClient,
    bytes_toserver: flow.bytesToServer,
    bytes_toclient: flow.bytesToClient,
  }
}

function common(flow: Flow): object {
  return {
    src_ip: flow.src,
    src_port: flow.srcPort,
    dest_ip: flow.dst,
    dest_port: flow.dstPort,
    proto: flow.protocol.toUpperCase(),
  }
}

function httpBody(app: Extract<Application, { protocol: 'http' }>): object {
  return {
    ...(app.host ? { hostname: app.host.replace(/:\d+$/, '') } : {}),
    url: app.url,
    ...(app.userAgent ? { http_user_agent: app.userAgent } : {}),
    http_method: app.method,
    protocol: 'HTTP/1.1',
    ...(app.status ? { status: app.status } : {}),
    length: app.body.length,
  }
}

function tcpBody(flow: Flow, closed: boolean): object {
  const hex = (flags: number) => flags.toString(16).padStart(2, '0')
  const all = flow.flagsToServer | flow.flagsToClient
  return {
    tcp_flags: hex(all),
    tcp_flags_ts: hex(flow.flagsToServer),
    tcp_flags_tc: hex(flow.flagsToClient),
    ...(all & 2 ? { syn: true } : {}),
    ...(all & 1 ? { fin: true } : {}),
    ...(all & 4 ? { rst: true } : {}),
    ...(all & 8 ? { psh: true } : {}),
    ...(all & 16 ? { ack: true } : {}),
    state: closed ? 'closed' : flow.packetsToClient > 0 ? 'established' : 'syn_sent',
  }
}

/** Suricata calls what it does not know "failed"; bare JSON lines are among that. */
export function appName(app: Application): string {
  return app.protocol === 'unknown' || app.protocol === 'json-lines' ? 'failed' : app.protocol
}

function rrType(type: number): string {
  return type === 1 ? 'A' : type === 28 ? 'AAAA' : `TYPE${type}`
}

/** Stable within the run and, as Suricata's, small enough for a double. */
function flowId(flow: Flow): number {
  return 1_000_000_000_000_000 + ((flow.startUs % 1_000_000_000) * 1000 + (flow.id % 1000))
}

/** `2026-11-24T08:27:33.904481+0000` */
function eveStamp(us: number): string {
  const text = new Date(Math.floor(us / 1000)).toISOString()
  return `${text.slice(0, -1)}${String(us % 1000).padStart(3, '0')}+0000`
}
