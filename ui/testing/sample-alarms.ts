// The alarms of the sample case with their answers, and the incidents they belong to.

import { toIso } from '../../src/base/time.ts'
import type { AttributionLine, IncidentSummary, ToolCallLine } from '../../src/schema/summary.ts'
import { guilty, skewMs, spanUs, startUs } from './sample-calls.ts'

export function makeAlarms(
  count: number,
  accused: readonly ToolCallLine[],
  calls: readonly ToolCallLine[],
  next: () => number,
  text: (clean: string) => string,
): AttributionLine[] {
  const starts = calls.map((call) => Date.parse(call.start) * 1000)
  return Array.from({ length: count }, (_, i): AttributionLine => {
    const cron = i % 4 === 3 || accused.length === 0
    const call = cron ? undefined : accused[Math.floor(next() * accused.length)]!
    const kind = guilty.find((g) => call?.command.startsWith(g.command))
    const us = call
      ? Date.parse(call.start) * 1000 + 400_000 + Math.floor(next() * 3e6)
      : startUs + Math.floor((i * spanUs) / count / 3e8) * 3e8 + 1_200_000
    const p = call ? (i % 7 === 5 ? 0.71 : 0.93 + next() * 0.065) : 0.04 + next() * 0.1
    const rival = calls[Math.floor(next() * calls.length)]!
    const best = call ?? calls[starts.findIndex((start) => start > us)] ?? rival
    const rivalP = Math.min(0.12, (1 - p) * 0.5)
    const none = 1 - p - rivalP
    const verdict = p >= 0.9 ? 'attributed' : p >= 0.5 ? 'likely' : 'not-attributable'
    return {
      _schema: 'vigiles/attribution/v1',
      event: {
        uid: `event${String(i).padStart(5, '0')}`,
        file: text(i % 2 === 0 ? 'logs/edge-fw.log' : 'logs/eve.json'),
        line: 100 + i * 7,
        time: toIso(us),
        sourceTime:
          i % 2 === 0
            ? text(
                toIso(us + skewMs * 1000)
                  .slice(0, 19)
                  .replace('T', ' '),
              )
            : toIso(us + 3100),
        class: 'network_activity',
        src: `10.0.3.${call ? Number(/\d+/.exec(call.box ?? '')?.[0] ?? 1) : 250}`,
        dst: kind?.ip ?? '192.0.2.80',
        port: kind?.port ?? 443,
        name:
          kind?.name === undefined
            ? text('telemetry.example.com')
            : kind.name === null
              ? null
              : text(kind.name),
        disposition: i % 3 === 0 ? 'allowed' : 'blocked',
        rule: kind ? text(kind.rule) : i % 8 === 3 ? null : text('EGRESS-DEFAULT-DENY'),
      },
      verdict,
      toolCall: verdict === 'not-attributable' ? null : best.uid,
      episode: verdict === 'not-attributable' ? null : best.episode,
      p,
      pNone: none,
      pOther: 0,
      noneSplit: {
        'periodic-job': call ? none * 0.1 : none * 0.83,
        'host-daemon': call ? none * 0.2 : none * 0.1,
        outside: none * 0.02,
        'unrecorded-agent': call ? none * 0.68 : none * 0.05,
      },
      tier: call ? (kind?.name === null && i % 5 === 0 ? 'time' : 'content') : 'none',
      box: call?.box ?? null,
      candidates: [
        {
          toolCall: best.uid,
          p,
          evidence: call
            ? [
                {
                  kind: 'name',
                  logOdds: 5.1,
                  text: text(`the command names ${kind?.name ?? kind?.ip}:${kind?.port}`),
                },
                { kind: 'time', logOdds: 2.2, text: text('began 0.6 s after the call started') },
                { kind: 'rarity', logOdds: 1.4, text: 'only 3 of 620 calls name this destination' },
                { kind: 'box', logOdds: -0.4, text: 'the address is shared by two boxes' },
              ]
            : [{ kind: 'time', logOdds: 0.3, text: text('the call was running') }],
        },
        ...(rival.uid === best.uid
          ? []
          : [
              {
                toolCall: rival.uid,
                p: rivalP,
                evidence: [{ kind: 'time', logOdds: 0.2, text: text('was running in the same box') }],
              },
            ]),
      ],
    }
  })
    .map((line) => ({
      ...line,
      pOther: Math.max(0, 1 - line.pNone - line.candidates.reduce((sum, c) => sum + c.p, 0)),
    }))
    .sort((a, b) => (a.event.time < b.event.time ? -1 : 1))
}

export function makeIncidents(
  attributions: readonly AttributionLine[],
  calls: readonly ToolCallLine[],
  text: (clean: string) => string,
): IncidentSummary[] {
  const titles = [
    ['Reverse SSH tunnel to 198.51.100.7:443', 'critical', 'tunnel'],
    ['GPU mining through pool.example.net:3333', 'critical', 'mining'],
    ['Internal hosts probed for Redis', 'high', 'probing'],
  ] as const
  const byUid = new Map(calls.map((call) => [call.uid, call]))
  return titles.flatMap(([title, severity, kind], i): IncidentSummary[] => {
    const cause = guilty[i]!
    const own = attributions.filter((a) => a.toolCall !== null && a.event.dst === cause.ip)
    const [first, last] = [own[0], own.at(-1)]
    if (first === undefined || last === undefined) return []
    const toolCalls = [...new Set(own.flatMap((a) => a.toolCall ?? []))]
    const boxes = [...new Set(own.flatMap((a) => a.box ?? []))]
    const destination = `${cause.name ?? cause.ip}:${cause.port}`
    return [
      {
        uid: `incident${i}`,
        title: text(title),
        severity,
        kinds: [kind],
        firstSeen: first.event.time,
        lastSeen: last.event.time,
        ongoing: i < 2,
        toolCalls,
        episodes: [...new Set(own.flatMap((a) => a.episode ?? []))],
        firstStep: byUid.get(toolCalls[0] ?? '')?.step ?? null,
        destinations: [text(destination)],
        findings: [`finding${i}`],
        actions: [
          {
            do: text(`Block ${destination} at the edge firewall`),
            why: text(`${own.length} connections, the last one ${last.event.disposition}`),
          },
          {
            do: text(`Isolate ${boxes.join(', ')}; do not delete them`),
            why: 'The tunnel may still be open, and their memory is evidence',
          },
          ...(i === 0
            ? [
                {
                  do: 'Rotate the SSH keys and cloud credentials mounted in the boxes',
                  why: 'A listener outside could read them for 5 h 40 min',
                },
              ]
            : []),
          {
            do: 'Mask the accused chunks before the next policy update',
            why: 'They were rewarded with 0.82 on average',
          },
        ],
        boxes,
        occurrences: own.length,
        policyVersions: ['ckpt-118', 'ckpt-119'],
        rewarded:
          'Episodes with it got 0.82 on average, the others 0.36 (difference 0.46, 95 % interval 0.38 to 0.54)',
      },
    ]
  })
}
