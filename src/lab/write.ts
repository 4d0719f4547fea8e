// Turns what was heard into the files of a run.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { EpisodeLog } from './agents/driver.ts'
import type { ConntrackLine } from './conntrack.ts'
import type { Heard } from './listen.ts'
import type { LabPlan } from './plan.ts'
import { shiftCapture, tellingRecords } from './sensor/capture.ts'
import { type SensorClock, shown } from './sensor/clock.ts'
import { writeCloudFirewall } from './sensor/cloud-firewall.ts'
import { type LogLine, writeEve } from './sensor/eve.ts'
import { assembleFlows, markBlocked } from './sensor/flows.ts'
import { readCapture } from './sensor/packets.ts'
import { raiseAlerts } from './sensor/signatures.ts'
import { topologyYaml } from './topology.ts'
import { writeClaude } from './traces/claude.ts'
import { writeOtlp } from './traces/otlp.ts'
import { establishTruth, type KnownCall, type TruthLine } from './truth.ts'

export interface LabSummary {
  readonly seed: number
  readonly run: string
  readonly episodes: number
  readonly toolCalls: number
  readonly connections: number
  /** Connections whose maker the kernel told, 0–1. */
  readonly labelled: number
  readonly alerts: number
  readonly logLines: number
  /** Connections by who made them. */
  readonly causes: Readonly<Record<string, number>>
  /** Calls of misdeeds and look-alikes that were made, by name. */
  readonly parts: Readonly<Record<string, number>>
  /** µs on the true clock: from here cron and daemons ran, and from there to there agents did. */
  readonly quietFromUs: number
  readonly agentsFromUs: number
  readonly agentsToUs: number
}

export interface Outcome {
  readonly plan: LabPlan
  readonly dir: string
  readonly heard: Heard
  readonly log: readonly EpisodeLog[]
  readonly quietFromUs: number
  readonly agentsFromUs: number
  readonly agentsToUs: number
  readonly stopUs: number
  readonly complaints: readonly string[]
  readonly nat: 'shared' | 'keyed'
  readonly firewall: FirewallLog
}

export const firewallLogs = ['eve', 'cloud-firewall', 'both', 'pcap'] as const
export type FirewallLog = (typeof firewallLogs)[number]

export function writeOutcome(outcome: Outcome): LabSummary {
  const { plan, dir, heard, log, stopUs } = outcome
  const captured = readCapture(heard.capture)
  const flows = assembleFlows(captured.map(({ packet }) => packet))
  markBlocked(flows, heard.blocked.flatMap(readCapture))
  const alerts = raiseAlerts(flows, plan)
  const calls = knownCalls(log)
  const { truth, connectionOf } = establishTruth({
    router: heard.router.filter((line) => line.kind === 'NEW' && leaves(plan, line)),
    owners: heard.owners,
    flows,
    calls,
    boxOf: new Map(plan.hosts.flatMap((host) => host.boxes.map((box) => [box.ip, box.name] as const))),
    natIp: plan.natIp,
  })
  const clock: SensorClock = { offsetMs: 7300, driftPpm: 40, fromUs: outcome.agentsFromUs }
  const lineTruth: object[] = []
  const save = (path: string, content: string | Uint8Array) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), content)
  }
  const saveLog = (
    root: string,
    file: string,
    entries: readonly { text: string; connection: number | undefined; alarm?: boolean }[],
  ) => {
    save(`${root}/${file}`, entries.map(({ text }) => `${text}\n`).join(''))
    for (const [i, { connection, alarm = false }] of entries.entries())
      noteLine(file, i + 1, connection, alarm)
  }
  const noteLine = (file: string, line: number, connection: number | undefined, alarm: boolean) => {
    if (connection === undefined) return
    const { toolCall, cause, episode, timeUs, part } = truth[connection]!
    lineTruth.push({ file, line, connection, toolCall, cause, episode, part, alarm, timeUs })
  }
  const ofFlow = ({ text, flow, alarm }: LogLine) => ({
    text,
    alarm,
    connection: connectionOf.get(flow.id),
  })
  let logLines = 0
  if (outcome.firewall === 'eve' || outcome.firewall === 'both') {
    const lines = writeEve(flows, alerts, { clock, sensor: 'edge-fw-1', stopUs }).map(ofFlow)
    logLines += lines.length
    saveLog('logs', 'firewall/eve.json', lines)
  }
  if (outcome.firewall === 'cloud-firewall' || outcome.firewall === 'both') {
    const lines = writeCloudFirewall(flows, alerts, { clock, stopUs }).map(ofFlow)
    logLines += lines.length
    saveLog('logs', 'firewall/cloudfirewall.jsonl', lines)
  }
  if (outcome.firewall === 'pcap') {
    save(
      'logs/firewall/capture.pcap',
      shiftCapture(heard.capture, (us) => shown(clock, us)),
    )
    const told = tellingRecords(flows, captured)
    logLines += told.length
    for (const { record, flow } of told)
      noteLine('firewall/capture.pcap', record, connectionOf.get(flow.id), false)
  }
  const natRoot = outcome.nat === 'keyed' ? 'logs' : 'nat'
  const natFile = outcome.nat === 'keyed' ? 'firewall/conntrack.log' : 'conntrack.log'
  saveLog(
    natRoot,
    natFile,
    natLines(
      heard.router.filter((line) => leaves(plan, line)),
      truth,
      clock,
    ),
  )
  for (const host of plan.hosts) {
    const own = log.filter((entry) => entry.host === host && entry.calls.length > 0)
    if (host.trace === 'otlp')
      save(
        `logs/traces/${host.name}/spans.jsonl`,
        writeOtlp(own, plan.run)
          .map((line) => `${line}\n`)
          .join(''),
      )
    else {
      for (const entry of own) {
        const { path, lines } = writeClaude(entry)
        save(
          `logs/traces/${host.name}/${entry.box.containerId}/${path}`,
          lines.map((line) => `${line}\n`).join(''),
        )
      }
    }
  }
  save('logs/topology.yaml', topologyYaml(plan))
  save('truth/truth.jsonl', truth.map((line) => `${JSON.stringify(line)}\n`).join(''))
  save('truth/lines.jsonl', lineTruth.map((line) => `${JSON.stringify(line)}\n`).join(''))
  save(
    'truth/clock.json',
    `${JSON.stringify({ ...clock, domain: 'edge-fw-1', files: ['firewall/', 'conntrack.log'] }, null, 2)}\n`,
  )
  const summary = summarise(outcome, truth, alerts.length, logLines)
  save('truth/lab.json', `${JSON.stringify({ ...summary, complaints: outcome.complaints }, null, 2)}\n`)
  return summary
}

/** What the router's tracking saw of the range's own traffic, not of its maintenance. */
function leaves(plan: LabPlan, line: ConntrackLine): boolean {
  return line.natIp === plan.natIp || line.dst === plan.natIp
}

function knownCalls(log: readonly EpisodeLog[]): Map<number, KnownCall> {
  const calls = new Map<number, KnownCall>()
  for (const { box, episode, calls: made } of log) {
    for (const { gid, sourceId, step } of made) {
      calls.set(gid, { sourceId, box: box.name, episode: episode.id, part: step.part ?? null })
    }
  }
  return calls
}

/** The router's own log, on the firewall's clock; each line belongs to the connection with its ports. */
function natLines(lines: readonly ConntrackLine[], truth: readonly TruthLine[], clock: SensorClock) {
  const latest = new Map<string, number>()
  const opened = lines.filter((line) => line.kind === 'NEW')
  const idOf = new Map(opened.map((line, i) => [line, i]))
  return lines.map((line) => {
    const key = `${line.protocol} ${line.src}:${line.srcPort} ${line.dst}:${line.dstPort}`
    const id = idOf.get(line)
    if (id !== undefined) latest.set(key, truth[id]!.id)
    const us = shown(clock, line.us)
    const stamp = `[${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')}]`
    return { text: line.text.replace(/^\[[\d.]+\]/, stamp), connection: latest.get(key) }
  })
}

function summarise(
  outcome: Outcome,
  truth: readonly TruthLine[],
  alerts: number,
  logLines: number,
): LabSummary {
  const { plan, log } = outcome
  const causes: Record<string, number> = {}
  for (const { cause } of truth) causes[cause] = (causes[cause] ?? 0) + 1
  const parts: Record<string, number> = {}
  for (const { calls } of log) {
    for (const { step } of calls) if (step.part) parts[step.part] = (parts[step.part] ?? 0) + 1
  }
  return {
    seed: plan.seed,
    run: plan.run,
    episodes: log.length,
    toolCalls: log.reduce((sum, { calls }) => sum + calls.length, 0),
    connections: truth.length,
    labelled: truth.length === 0 ? 0 : 1 - (causes.unlabelled ?? 0) / truth.length,
    alerts,
    logLines,
    causes,
    parts,
    quietFromUs: outcome.quietFromUs,
    agentsFromUs: outcome.agentsFromUs,
    agentsToUs: outcome.agentsToUs,
  }
}
