// A case folder of any size, as `investigate` would write it, with what makes a timeline hard: bursts, calls that last for
// hours beside calls of milliseconds, many at one instant, calls that overlap, and a few findings among very many events.

import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { randomFrom } from '../speed/generate.ts'

export interface CaseSizes {
  readonly calls: number
  readonly events: number
  readonly boxes: number
  readonly seed: number
  /** Stands in names and commands: what somebody hostile would write. */
  readonly evil?: string
}

const beginUs = Date.UTC(2026, 10, 24) * 1000
/** The whole lasts as long as it takes for each box to make a call every ten seconds or so. */
const perCallUs = 10e6

interface Call {
  readonly uid: string
  readonly from: number
  readonly to: number
  readonly box: string
  readonly episode: string
}

/** Writes into `folder`, which is made. Returns the uids of the events that findings rest on. */
export function generateCase(
  folder: string,
  { calls, events, boxes, seed, evil = '' }: CaseSizes,
): readonly string[] {
  const random = randomFrom(seed)
  mkdirSync(folder, { recursive: true })
  const spanUs = Math.ceil(calls / boxes) * perCallUs
  const made: Call[] = []
  const callLines = writer(join(folder, 'toolcalls.jsonl'))
  for (let i = 0; i < calls; i++) {
    const box = i % boxes
    const from = Math.floor(beginUs + (Math.floor(i / boxes) + random()) * perCallUs)
    const long = i % 1_000 === 3
    const to = from + Math.floor(long ? spanUs * random() * 0.2 : 50_000 + random() ** 4 * 9e6)
    const episode = `ep-${box}-${Math.floor(i / boxes / 40)}`
    const call = { uid: `c${i.toString(36).padStart(8, '0')}`, from, to, box: `box-${box}${evil}`, episode }
    made.push(call)
    callLines.line({
      _schema: 'vigiles/toolcall/v1',
      uid: call.uid,
      sourceId: `call_${i}`,
      run: 'run-1',
      episode,
      turn: Math.floor(i / boxes) % 40,
      step: Math.floor(i / boxes / 40),
      policyVersion: null,
      reward: null,
      name: ['bash', 'python', 'browse', 'edit'][i % 4],
      command: `curl -sS https://svc-${i % 400}.example.com/v1/items/${i} -o out.json ${evil}`,
      start: iso(from),
      end: i % 50 === 7 ? null : iso(to),
      uncertaintyMs: 1,
      timeSource: 'both',
      box: call.box,
      file: 'traces.jsonl',
      line: i + 1,
    })
  }
  callLines.close()

  const times = new Float64Array(events)
  for (let i = 0; i < events; i++) {
    const burst = i % 10 < 3 ? Math.floor(random() * 40) * (spanUs / 40) + random() * 2e6 : random() * spanUs
    // Some share an instant to the µs.
    times[i] = Math.floor(beginUs + (i % 97 === 0 ? Math.floor(burst / 1e6) * 1e6 : burst))
  }
  times.sort()
  const lines = writer(join(folder, 'attributions.jsonl'))
  const findings: { uid: string; us: number; call: string }[] = []
  for (let i = 0; i < events; i++) {
    const us = times[i]!
    const near = made[Math.min(calls - 1, Math.floor(((us - beginUs) / spanUs) * calls + random() * 3))]!
    const kind = random()
    const p = kind < 0.6 ? 0.95 : kind < 0.75 ? 0.7 : 0.2
    const isAlarm = random() < 0.02
    const uid = `e${i.toString(36).padStart(8, '0')}`
    if (i % Math.max(1, Math.floor(events / 60)) === 5) findings.push({ uid, us, call: near.uid })
    lines.line({
      _schema: 'vigiles/attribution/v1',
      event: {
        uid,
        file: 'eve.json',
        line: i + 1,
        time: iso(us),
        sourceTime: iso(us + 1_500_000),
        class: i % 7 === 0 ? 'dns_activity' : 'network_activity',
        src: '10.0.0.1',
        dst: `198.51.100.${i % 250}`,
        port: i % 7 === 0 ? 53 : 443,
        name: `svc-${i % 400}.example.com${evil}`,
        disposition: isAlarm ? 'blocked' : 'allowed',
        rule: isAlarm ? `policy 7 ${evil}` : null,
      },
      verdict: p >= 0.9 ? 'attributed' : p >= 0.5 ? 'likely' : 'not-attributable',
      toolCall: p >= 0.5 ? near.uid : null,
      episode: p >= 0.5 ? near.episode : null,
      box: near.box,
      p,
      pNone: 1 - p,
      pOther: 0,
      tier: 'time',
      noneSplit: { 'periodic-job': 0, 'host-daemon': 1 - p, outside: 0, 'unrecorded-agent': 0 },
      candidates: [{ toolCall: near.uid, p, evidence: [] }],
    })
  }
  lines.close()
  writeRest(folder, { calls, events, findings, evil, toUs: beginUs + spanUs })
  return findings.map(({ uid }) => uid)
}

function writeRest(
  folder: string,
  given: {
    calls: number
    events: number
    findings: readonly { uid: string; us: number; call: string }[]
    evil: string
    toUs: number
  },
): void {
  const { calls, events, findings, evil } = given
  const findingLines = writer(join(folder, 'findings.jsonl'))
  for (const [i, { uid, us, call }] of findings.entries()) {
    findingLines.line({
      class_uid: 2004,
      time: Math.floor(us / 1000),
      start_time: Math.floor(us / 1000),
      severity: i % 3 === 0 ? 'Critical' : 'Low',
      confidence_score: 90,
      finding_info: {
        uid: `f${i}`,
        title: `Tunnel ${i}${evil}`,
        desc: 'why',
        analytic: { uid: 'tunnel.reverse-ssh' },
        attacks: [],
      },
      resources: [],
      unmapped: { toolCalls: [call], events: [uid], episode: null, kind: 'tunnel', destinations: [] },
    })
  }
  findingLines.close()
  const incident = {
    uid: 'i0',
    title: `A tunnel out${evil}`,
    severity: 'critical',
    kinds: ['tunnel'],
    firstSeen: iso(findings[0]?.us ?? beginUs),
    lastSeen: iso(findings.at(-1)?.us ?? beginUs),
    ongoing: false,
    toolCalls: findings.map(({ call }) => call),
    episodes: [],
    firstStep: 0,
    destinations: [],
    findings: findings.map((_, i) => `f${i}`),
    actions: [],
    boxes: [],
    occurrences: findings.length,
    policyVersions: [],
    rewarded: null,
    confidence: 0.9,
  }
  const incidents = writer(join(folder, 'incidents.jsonl'))
  incidents.line({ _schema: 'vigiles/incident/v1', ...incident })
  incidents.close()
  writer(join(folder, 'rejects.jsonl')).close()
  const input = { rejected: 0, boxes: 0, episodes: 0, skipped: {}, sha256: '', bytes: 0 }
  const times = { firstTime: iso(beginUs), lastTime: iso(given.toUs) }
  const summary = {
    _schema: 'vigiles/summary/v1',
    version: '0.1.0',
    verdict: 'Generated.',
    inputs: [
      { path: 'eve.json', format: 'suricata-eve', records: events, events, toolCalls: 0, ...times, ...input },
      {
        path: 'traces.jsonl',
        format: 'otlp',
        records: calls,
        events: 0,
        toolCalls: calls,
        ...times,
        ...input,
      },
    ],
    clocks: [
      {
        domain: `eve.json${evil}`,
        offsetMs: 1500,
        driftPpm: 0,
        z: 40,
        sdMs: 3,
        aligned: true,
        note: 'ahead',
      },
    ],
    findings: { critical: 1 },
    incidents: [incident],
    hypotheses: [],
    attribution: {
      events,
      attributed: 0,
      likely: 0,
      notAttributable: 0,
      byIdentity: 0,
      expectedByChance: 0,
      coincidences: 0,
      coincidencesOf: 0,
      calibrated: false,
    },
    tests: [],
    notes: [],
  }
  writeFileSync(join(folder, 'summary.json'), JSON.stringify(summary))
}

function iso(us: number): string {
  const ms = Math.floor(us / 1000)
  return `${new Date(ms).toISOString().slice(0, -1)}${String(Math.floor(us - ms * 1000)).padStart(3, '0')}Z`
}

function writer(path: string): { line(value: object): void; close(): void } {
  const fd = openSync(path, 'w')
  let parts: string[] = []
  let size = 0
  const flush = () => {
    writeSync(fd, parts.join(''))
    parts = []
    size = 0
  }
  return {
    line(value) {
      const text = `${JSON.stringify(value)}\n`
      parts.push(text)
      size += text.length
      if (size > 1 << 22) flush()
    },
    close() {
      flush()
      closeSync(fd)
    },
  }
}
