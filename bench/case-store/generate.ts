// Writes a case as `investigate` does, of any size: the same size gives the same bytes.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { toIso } from '../../src/base/time.ts'
import { LineWriter } from '../../src/pipeline/line-writer.ts'

export interface CaseSize {
  readonly events: number
  readonly calls: number
  readonly episodes: number
}

const startUs = Date.UTC(2026, 10, 24, 8) * 1000
const tools = ['execute_bash', 'str_replace_editor', 'browser', 'python', 'Bash']
const rules = [
  'POLICY Plain HTTP on an unusual port',
  'SCAN Many hosts',
  'POLICY Outbound SSH',
  'MINING Stratum login',
]
const levels = ['Informational', 'Low', 'Medium', 'High', 'Critical']

export function writeCase(folder: string, { events, calls, episodes }: CaseSize): void {
  mkdirSync(folder, { recursive: true })
  const random = generator(7)
  const perEpisode = Math.max(1, Math.floor(calls / episodes))
  const spanUs = 6 * 3_600_000_000
  const callUid = (j: number) => `c${hex(Math.floor(j / 500))}-${j % 500}`
  const episodeOf = (j: number) => Math.min(episodes - 1, Math.floor(j / perEpisode))
  const stepOf = (e: number) => Math.floor((e / episodes) * 200)
  const callStartUs = (j: number) => startUs + Math.floor((j / calls) * spanUs)
  const writing = (name: string) => new LineWriter(join(folder, name))

  const callLines = writing('toolcalls.jsonl')
  for (let j = 0; j < calls; j++) {
    const e = episodeOf(j)
    callLines.write(
      JSON.stringify({
        uid: callUid(j),
        sourceId: `call_${hex(j)}`,
        run: `run-${e % 4}`,
        episode: `ep-${hex(e)}`,
        turn: j % perEpisode,
        step: stepOf(e),
        policyVersion: `v${stepOf(e)}`,
        reward: Math.round(random() * 100) / 100,
        name: tools[j % tools.length],
        command: `cd /workspace/task-${e % 300} && python run.py --seed ${j} --out /tmp/out-${hex(j)} && git commit -qam step`,
        start: toIso(callStartUs(j)),
        end: toIso(callStartUs(j) + Math.floor(random() * 9e6)),
        uncertaintyMs: 0,
        timeSource: 'span',
        box: `sbx-${hex(e % 4000)}`,
        file: `traces/node-${e % 16}/spans.jsonl.gz`,
        line: j + 1,
        exitCode: 0,
      }),
    )
  }
  callLines.close()

  const accused: { event: string; call: string; e: number; us: number }[] = []
  const eventLines = writing('attributions.jsonl')
  for (let i = 0; i < events; i++) {
    const us = startUs + Math.floor((i / events) * spanUs)
    const j = Math.min(calls - 1, Math.floor((i / events) * calls))
    const isDns = i % 3 === 0
    const isAlarm = i % 97 === 0
    const kind = random()
    const p = kind < 0.6 ? 0.9 + random() * 0.0999 : kind < 0.75 ? 0.5 + random() * 0.4 : 0
    const second = p > 0 && kind > 0.4
    const rest = round(1 - p)
    const uid = `e${hex(i % 40)}d${hex(i)}-${i}`
    const site = Math.floor(random() ** 3 * 5000)
    const candidates =
      p === 0
        ? []
        : [
            { toolCall: callUid(j), p: round(p), evidence: evidence(random, site) },
            ...(second
              ? [
                  {
                    toolCall: callUid((j + 17) % calls),
                    p: round(rest * 0.4),
                    evidence: evidence(random, site),
                  },
                ]
              : []),
          ]
    const pNone = round(1 - candidates.reduce((sum, one) => sum + one.p, 0))
    eventLines.write(
      JSON.stringify({
        _schema: 'vigiles/attribution/v1',
        event: {
          uid,
          file: `firewall/eve-${i % 24}.json.gz`,
          line: i + 1,
          time: toIso(us),
          sourceTime: toIso(us + 7_332_483).replace('Z', '+0000'),
          class: isDns ? 'dns_activity' : 'network_activity',
          src: `10.${(j >> 12) & 255}.${(j >> 4) & 255}.${j & 15}`,
          dst: isDns ? '10.0.0.2' : `198.51.100.${site % 250}`,
          port: isDns ? 53 : [443, 80, 22, 3306, 8443][site % 5],
          name: site % 7 === 0 ? null : `host-${site}.example.com`,
          disposition: isDns ? null : random() < 0.05 ? 'blocked' : 'allowed',
          rule: isAlarm ? rules[site % rules.length] : null,
        },
        verdict: p >= 0.9 ? 'attributed' : p >= 0.5 ? 'likely' : 'not-attributable',
        toolCall: p >= 0.5 ? callUid(j) : null,
        episode: p >= 0.5 ? `ep-${hex(episodeOf(j))}` : null,
        p: round(p),
        pNone,
        pOther: 0,
        noneSplit: {
          'periodic-job': round(pNone * 0.2),
          'host-daemon': round(pNone * 0.7),
          outside: round(pNone * 0.05),
          'unrecorded-agent': round(pNone * 0.05),
        },
        tier: p === 0 ? 'none' : kind < 0.3 ? 'content' : 'time',
        box: `sbx-${hex(episodeOf(j) % 4000)}`,
        candidates,
      }),
    )
    if (isAlarm && p >= 0.5) accused.push({ event: uid, call: callUid(j), e: episodeOf(j), us })
  }
  eventLines.close()

  const counts = [0, 0, 0, 0, 0]
  const findingLines = writing('findings.jsonl')
  const uids: string[] = []
  for (let at = 0; at < accused.length; at += 4) {
    const some = accused.slice(at, at + 4)
    const level = Math.floor(random() ** 2 * 5)
    counts[level]!++
    const uid = `f${hex(at)}`
    uids.push(uid)
    const [firstMs, lastMs] = [some[0]!.us, some.at(-1)!.us].map((us) => Math.floor(us / 1000))
    findingLines.write(
      JSON.stringify({
        class_uid: 2004,
        time: lastMs,
        start_time: firstMs,
        severity: levels[level],
        confidence_score: 60,
        finding_info: {
          uid,
          title: `Alarm of sbx-${hex(some[0]!.e % 4000)}`,
          desc: 'The firewall raised it.',
          analytic: { uid: 'alert.firewall' },
          attacks: [{ technique: { uid: 'T1046' } }],
        },
        resources: [{ uid: `sbx-${hex(some[0]!.e % 4000)}` }],
        unmapped: {
          toolCalls: [...new Set(some.map(({ call }) => call))],
          events: some.map(({ event }) => event),
          episode: `ep-${hex(some[0]!.e)}`,
          kind: 'alert',
          destinations: [],
        },
      }),
    )
  }
  findingLines.close()
  writing('incidents.jsonl').close()
  writing('rejects.jsonl').close()
  const summary = writing('summary.json')
  summary.write(
    JSON.stringify({
      _schema: 'vigiles/summary/v1',
      inputs: [],
      clocks: [],
      findings: Object.fromEntries(levels.map((level, i) => [level.toLowerCase(), counts[i]])),
      incidents: [],
      hypotheses: [],
      attribution: { events },
    }),
  )
  summary.close()
}

function evidence(random: () => number, site: number) {
  return [
    {
      kind: 'time',
      logOdds: round(random() * 3),
      text: `began ${Math.floor(random() * 900)} ms after the call`,
    },
    { kind: 'target', logOdds: round(random() * 6), text: `the command names host-${site}.example.com` },
    { kind: 'box', logOdds: 0, text: 'a NAT record ties the connection to this box alone' },
  ]
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

function hex(n: number): string {
  return ((n * 2_654_435_761) % 4_294_967_296).toString(16).padStart(8, '0')
}

function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}
