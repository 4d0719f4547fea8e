// One run as it is known from its journal so far.

import { severities } from '../../schema/event.ts'
import type { WatchedRun } from '../live/watched-run.ts'
import type { LiveRun } from '../wire/live-run.ts'

const listMax = 200

export function liveRunOf({ source, log, isLive, run, skippedBytes, longLines }: WatchedRun): LiveRun {
  const minutes = [...log.minutes].sort((a, b) => a.minute - b.minute)
  const findings = [...log.findings.values()].sort(
    (a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity) || (a.time < b.time ? 1 : -1),
  )
  return {
    source: source.id,
    title: source.title,
    state: isLive ? 'live' : 'ready',
    box: log.box ?? null,
    stoppedBy: run?.stoppedBy ?? null,
    exitCode: run?.exitCode ?? null,
    signal: run?.signal ?? null,
    firstTime: log.firstTime ?? null,
    lastTime: log.lastTime ?? null,
    sealed: log.sealed,
    frozen: log.frozen,
    quarantined: log.quarantined,
    totals: {
      lines: log.lines,
      allowed: log.allowed,
      blocked: log.blocked,
      lookups: log.lookups,
      processes: log.processes,
      calls: log.calls,
      open: log.open,
      bytesIn: log.bytesIn,
      bytesOut: log.bytesOut,
      findings: {
        informational: log.findings.countOf('informational'),
        low: log.findings.countOf('low'),
        medium: log.findings.countOf('medium'),
        high: log.findings.countOf('high'),
        critical: log.findings.countOf('critical'),
      },
    },
    minutes: minutes.map(({ minute, allowed, blocked }) => ({
      time: new Date(minute * 60_000).toISOString(),
      allowed,
      blocked,
    })),
    connections: [...log.connections].slice(-listMax).reverse(),
    calls: [...log.openCalls]
      .slice(-listMax)
      .reverse()
      .map((call) => ({ ...call, frozen: log.frozen || log.frozenCalls.has(call.call) })),
    findings: findings.slice(0, listMax).map((finding) => ({
      ...finding,
      destinations: [...finding.destinations],
      toolCalls: [...finding.toolCalls],
      attack: [...finding.attack],
      responses: [...finding.responses],
    })),
    acts: [...log.acts],
    notes: [
      skippedBytes > 0 &&
        `${skippedBytes} bytes of its journal were not read; the figures begin behind them.`,
      longLines > 0 && `${longLines} lines are longer than any of ours and were left out.`,
      log.clockSteps > 0 && `The clock was set ${log.clockSteps} times while it ran; times may go back.`,
    ].filter((note) => note !== false),
  }
}
