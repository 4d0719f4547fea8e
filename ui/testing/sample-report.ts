// A case made by code: RL rollouts in which an agent opened a tunnel and mined, beside a periodic job of the host.
// Every probability, count and time follows from the options, so that sizes and hostile texts can be varied.

import { toIso } from '../../src/base/time.ts'
import type { ReportData } from '../../src/exporters/api.ts'
import { toDetectionFinding } from '../../src/exporters/ocsf.ts'
import { makeAlarms, makeIncidents } from './sample-alarms.ts'
import { guilty, makeCalls, makeEpisodes, random, skewMs, spanUs, startUs } from './sample-calls.ts'

export interface SampleOptions {
  readonly boxes?: number
  readonly calls?: number
  readonly alarms?: number
  readonly seed?: number
  /** Put into every text that a log or trace could have written. */
  readonly hostile?: string
}

export function sampleReport(options: SampleOptions = {}): ReportData {
  const { boxes = 9, calls: callCount = 620, alarms = 84, seed = 7, hostile = '' } = options
  const next = random(seed)
  const text = (clean: string) => clean + hostile
  const calls = makeCalls(boxes, callCount, next, text)
  const accused = calls.filter((call) => guilty.some((g) => call.command.startsWith(g.command)))
  const attributions = makeAlarms(alarms, accused, calls, next, text)
  const incidents = makeIncidents(attributions, calls, text)
  const findings = incidents.flatMap((incident, i) =>
    incident.findings.map((uid) =>
      toDetectionFinding(
        {
          uid,
          detection: ['tunnel.reverse-ssh', 'mining.stratum', 'discovery.internal-probe'][i] ?? 'other.alert',
          kind: 'tunnel',
          title: incident.title,
          severity: incident.severity,
          attack:
            [
              ['T1572', 'AML.T0072'],
              ['T1496.001', 'AML.T0034.002'],
              ['T1046', 'T1018'],
            ][i] ?? [],
          confidence: 0.93,
          destinations: incident.destinations,
          firstUs: startUs,
          lastUs: startUs + spanUs,
          why: text('The command asks the far end to listen, and the connection stayed open after the call.'),
          toolCallUids: incident.toolCalls,
          eventUids: attributions
            .filter((a) => a.toolCall !== null && incident.toolCalls.includes(a.toolCall))
            .map((a) => a.event.uid),
          episode: incident.episodes[0] ?? null,
        },
        { version: '0.1.0', event: () => undefined, toolCall: () => undefined },
      ),
    ),
  )
  const attributed = attributions.filter((a) => a.verdict === 'attributed').length
  const likely = attributions.filter((a) => a.verdict === 'likely').length
  return {
    summary: {
      _schema: 'vigiles/summary/v1',
      tests: [],
      version: '0.1.0',
      verdict: text(
        `The agent’s own tool calls opened a reverse SSH tunnel to 198.51.100.7:443 and mined cryptocurrency through pool.example.net:3333, first at training step 118 and rewarded for it. ${attributed} of ${attributions.length} alarms are attributed to ${accused.length} calls; chance alone would explain 3.1, and it was still going on when the logs end.`,
      ),
      inputs: makeInputs(attributions.length, calls.length, text),
      clocks: [
        {
          domain: text('fortigate:edge-fw'),
          offsetMs: skewMs,
          driftPpm: 11.4,
          z: 41.2,
          sdMs: 18.5,
          aligned: true,
          note: text('212 shared names and addresses agree on +7 min 3 s'),
        },
        {
          domain: 'suricata-eve:eve',
          offsetMs: 3.1,
          driftPpm: 0.4,
          z: 63.9,
          sdMs: 0.8,
          aligned: true,
          note: '518 connections seen by both',
        },
        {
          domain: 'syslog:dns-2',
          offsetMs: 0,
          driftPpm: 0,
          z: 2.1,
          sdMs: 900_000,
          aligned: false,
          note: 'too few shared events; naive times read as UTC',
        },
      ],
      findings: { informational: 0, low: 4, medium: 2, high: 3, critical: 2 },
      incidents,
      hypotheses: [
        {
          name: 'agent-caused',
          score: 38.2,
          pValue: 0.001,
          verdict: 'supported',
          text: `${attributed + likely} alarms fall into a call that names their destination; shifted calls give 3.1 at most 9.`,
        },
        {
          name: 'periodic-job',
          score: 12.4,
          pValue: 0.004,
          verdict: 'supported',
          text: 'A 300-second rhythm explains 22 alarms to 192.0.2.80, also in the hours without agents.',
        },
        {
          name: 'outside',
          score: -8.8,
          pValue: 0.97,
          verdict: 'rejected',
          text: 'No inbound connection precedes any of the outbound ones.',
        },
        {
          name: 'background',
          score: 0.2,
          pValue: 0.4,
          verdict: 'undecided',
          text: 'The control window is too short to tell.',
        },
      ],
      attribution: {
        events: attributions.length,
        attributed,
        likely,
        notAttributable: attributions.length - attributed - likely,
        byIdentity: 0,
        expectedByChance: 3.1,
        coincidences: attributed + likely + 5,
        coincidencesOf: 92,
        calibrated: false,
      },
      notes: [
        text('No topology was given: boxes were joined by the addresses in the traces.'),
        'Give --tz "dns-2*=Asia/Shanghai" if that host writes local time.',
      ],
    },
    findings,
    attributions,
    toolCalls: calls,
    episodes: makeEpisodes(calls, attributions),
    groups: [
      {
        by: 'destination',
        name: text('pool.example.net'),
        events: 28,
        coincidences: 27,
        expectedByChance: 0.9,
        pValue: 0.001,
        significant: true,
      },
      {
        by: 'destination',
        name: '198.51.100.7',
        events: 14,
        coincidences: 14,
        expectedByChance: 0.4,
        pValue: 0.001,
        significant: true,
      },
      {
        by: 'destination',
        name: '192.0.2.80',
        events: 22,
        coincidences: 6,
        expectedByChance: 5.7,
        pValue: 0.48,
        significant: false,
      },
      {
        by: 'rule',
        name: text('INTERNAL-PROBE'),
        events: 19,
        coincidences: 17,
        expectedByChance: 1.3,
        pValue: 0.001,
        significant: true,
      },
      {
        by: 'episode',
        name: 'ep-0007',
        events: 11,
        coincidences: 11,
        expectedByChance: 0.3,
        pValue: 0.001,
        significant: true,
      },
    ],
    rejects: [
      {
        file: text('logs/edge-fw.log'),
        line: 4411,
        reason: 'no time',
        text: text('date=2026-11-23 type=traffic srcip='),
      },
      {
        file: 'traces/rollout-118.jsonl',
        line: 902,
        reason: 'cut off',
        text: text('{"episode":"ep-0031","messages":[{"role":"assist'),
      },
    ],
    cuts: [],
    methods: [
      {
        what: 'p of a call',
        how: 'Posterior over all calls whose window holds the alarm and over none of them; windows, names, addresses and boxes each add their log odds.',
      },
      { what: 'Expected by chance', how: 'Mean over 999 circular shifts of the calls within their run.' },
      {
        what: 'Clock offset',
        how: 'The shift at which shared names and addresses agree best; z compares it with the other shifts.',
      },
    ],
  }
}

function makeInputs(
  events: number,
  calls: number,
  text: (clean: string) => string,
): ReportData['summary']['inputs'] {
  const common = { boxes: 0, episodes: 0, firstTime: toIso(startUs), lastTime: toIso(startUs + spanUs) }
  const hash = (c: string) => c.repeat(64).slice(0, 64)
  return [
    {
      ...common,
      path: text('logs/edge-fw.log'),
      format: 'fortigate',
      records: Math.ceil(events / 2) + 1,
      events: Math.ceil(events / 2),
      toolCalls: 0,
      rejected: 1,
      skipped: { 'no connection': 12_403 },
      sha256: hash('3fa9'),
      bytes: 8_231_004,
    },
    {
      ...common,
      path: 'logs/eve.json',
      format: 'suricata-eve',
      records: Math.floor(events / 2),
      events: Math.floor(events / 2),
      toolCalls: 0,
      rejected: 0,
      skipped: {},
      sha256: hash('90bc'),
      bytes: 2_118_332,
    },
    {
      ...common,
      path: 'traces/rollout-118.jsonl',
      format: 'roll-rollout',
      records: calls + 1,
      events: 0,
      toolCalls: calls,
      rejected: 1,
      skipped: { 'no tool call': 8120 },
      sha256: hash('77ee'),
      bytes: 31_402_118,
    },
    {
      ...common,
      path: 'logs/core.bin',
      format: 'unknown',
      records: 0,
      events: 0,
      toolCalls: 0,
      rejected: 0,
      skipped: {},
      firstTime: null,
      lastTime: null,
      sha256: hash('00'),
      bytes: 512,
    },
  ]
}
