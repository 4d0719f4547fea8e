// The same traffic as Alibaba Cloud Firewall logs it: one JSON object a connection, every value a string, whole seconds.

import { type SensorClock, shown } from './clock.ts'
import { appName, type LogLine } from './eve.ts'
import type { Flow } from './flows.ts'
import type { Alert } from './signatures.ts'

export function writeCloudFirewall(
  flows: readonly Flow[],
  alerts: readonly Alert[],
  { clock, stopUs }: { clock: SensorClock; stopUs: number },
): LogLine[] {
  const firstAlert = new Map<number, Alert>()
  for (const alert of alerts) if (!firstAlert.has(alert.flow.id)) firstAlert.set(alert.flow.id, alert)
  return [...flows]
    .sort((a, b) => Math.min(a.endUs, stopUs) - Math.min(b.endUs, stopUs) || a.id - b.id)
    .map((flow) => ({
      flow,
      alarm: firstAlert.has(flow.id),
      text: JSON.stringify(record(flow, firstAlert.get(flow.id), clock)),
    }))
}

function record(flow: Flow, alert: Alert | undefined, clock: SensorClock): Record<string, string> {
  const start = Math.floor(shown(clock, flow.startUs) / 1e6)
  const end = Math.floor(shown(clock, flow.endUs) / 1e6)
  const app = flow.application
  const domain =
    app.protocol === 'tls' ? app.sni : app.protocol === 'http' ? app.host?.replace(/:\d+$/, '') : undefined
  const inbound =
    !flow.dst.startsWith('10.') && flow.srcPort > 0 && app.protocol === 'http' && alert?.sid === 9_000_010
  return {
    __time__: String(end + 45),
    __topic__: 'cloudfirewall_access_log',
    log_type: 'internet_log',
    aliuid: '1000000000000001',
    direction: inbound ? 'in' : 'out',
    app_name: appName(app) === 'failed' ? 'Unknown' : appName(app).toUpperCase(),
    domain: domain ?? '',
    url: app.protocol === 'http' ? app.url : '',
    src_ip: flow.src,
    src_port: String(flow.srcPort),
    dst_ip: flow.dst,
    dst_port: String(flow.dstPort),
    ip_protocol: flow.protocol,
    start_time: String(start),
    start_time_min: String(Math.ceil(start / 60) * 60),
    end_time: String(end),
    in_packet_bytes: String(flow.bytesToClient),
    out_packet_bytes: String(flow.bytesToServer),
    in_packet_count: String(flow.packetsToClient),
    out_packet_count: String(flow.packetsToServer),
    total_packet_bytes: String(flow.bytesToClient + flow.bytesToServer),
    total_packet_count: String(flow.packetsToClient + flow.packetsToServer),
    new_conn: '1',
    rule_result: flow.blocked ? 'drop' : alert ? 'alert' : 'pass',
    rule_source: flow.blocked ? '1' : alert ? '2' : '0',
    acl_rule_id: flow.blocked
      ? `00000000-0000-0000-0000-00000000${alert?.sid ?? 0}`
      : '00000000-0000-0000-0000-000000000000',
    ips_rule_id: alert ? String(alert.sid) : '',
    ips_rule_name_en: alert?.signature ?? '',
    attack_type_name_en: alert
      ? alert.signature.startsWith('COINMINER')
        ? 'Mining Behavior'
        : alert.category
      : '',
    vul_level: alert ? String(4 - alert.severity) : '',
    region_id: 'cn-example-1',
  }
}
