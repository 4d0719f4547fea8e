// What is kept of a stream is bounded, and what came late changes the answer, by one numbered revision.

import { appendFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openFollow } from '../../src/pipeline/follow/open-follow.ts'
import { listener, put, temporary, until } from './recorded.ts'

const t0 = Date.UTC(2026, 10, 24, 8)
const quick = { fitEveryMs: 200, fitRest: 1, pollMs: 20, scanMs: 100 }
const stamp = (second: number) => new Date(t0 + second * 1000).toISOString()

function alarm(second: number, box: number, host: string, port: number): string {
  return `${JSON.stringify({
    timestamp: stamp(second).replace('Z', '000+0000'),
    flow_id: 1_000 + port,
    event_type: 'alert',
    src_ip: `10.0.0.${box}`,
    src_port: port,
    dest_ip: `198.51.100.${box}`,
    dest_port: 443,
    proto: 'TCP',
    tls: { sni: host },
    alert: { action: 'blocked', signature_id: 1, signature: 'POLICY', severity: 1 },
  })}\n`
}

function spanLine(second: number, box: number, id: string, command: string): string {
  const nano = (at: number) => `${Math.round((t0 / 1000 + at) * 1e3)}000000`
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } })
  const attributes = [
    text('gen_ai.operation.name', 'execute_tool'),
    text('gen_ai.tool.name', 'bash'),
    text('gen_ai.tool.call.id', id),
    text('gen_ai.tool.call.arguments', JSON.stringify({ command })),
  ]
  const span = {
    traceId: id.padStart(32, '0'),
    spanId: id.padStart(16, '0'),
    name: 'execute_tool bash',
    startTimeUnixNano: nano(second),
    endTimeUnixNano: nano(second + 2),
    attributes,
  }
  const resource = { attributes: [text('sandbox.id', `box-${box}`)] }
  return `${JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] })}\n`
}

/** Four sandboxes that fetch something of their own every ten seconds. */
function history(logs: string, seconds: number): void {
  put(
    logs,
    'topology.json',
    JSON.stringify([1, 2, 3, 4].map((b) => ({ box: `box-${b}`, ip: [`10.0.0.${b}`] }))),
  )
  let alarms = ''
  let spans = ''
  for (let second = 0; second < seconds; second += 10) {
    for (let box = 1; box <= 4; box++) {
      const host = `h${second}-${box}.example.com`
      spans += spanLine(second + box, box, `a${second}${box}`, `curl https://${host}/`)
      alarms += alarm(second + box + 0.3, box, host, 20_000 + second * 4 + box)
    }
  }
  put(logs, 'eve.json', alarms)
  put(logs, 'spans.jsonl', spans)
}

describe('a followed stream', () => {
  it('revises an answer when the call that explains it is told of later, with what changed', async () => {
    const folder = temporary()
    const logs = join(folder, 'logs')
    history(logs, 600)
    const heard = listener()
    const follow = await openFollow({
      paths: [logs],
      state: join(folder, 'state'),
      caseEveryMs: 0,
      limits: quick,
      on: heard.on,
    })
    await until(() => heard.firsts === 240, 'all that lay there')
    await follow.settled()
    appendFileSync(join(logs, 'eve.json'), alarm(700.4, 2, 'late.example.com', 30_001))
    await until(() => heard.firsts === 241, 'the alarm')
    const mine = () => [...heard.latest.values()].find(({ event }) => event.name === 'late.example.com')
    expect(mine()).toMatchObject({ revision: 0, verdict: 'not-attributable', toolCall: null, alarm: true })
    appendFileSync(
      join(logs, 'spans.jsonl'),
      spanLine(
        700,
        2,
        'fe1',
        'curl https://late.example.com/ -H "Authorization: Bearer abcdef0123456789abcdef0123456789"',
      ),
    )
    await until(() => (mine()?.revision ?? 0) > 0, 'the revision')
    expect(mine()).toMatchObject({
      revision: 1,
      verdict: 'attributed',
      box: 'box-2',
      tier: 'content',
      call: { sourceId: 'fe1', name: 'bash' },
    })
    expect(mine()?.changed).toContain('toolCall')
    // What is kept of it holds no secret.
    expect(mine()?.call?.command).toContain('curl https://late.example.com/')
    expect(mine()?.call?.command).not.toContain('abcdef0123456789')
    await follow.close()
  }, 120_000)

  it('tells of a call while it still runs, from a transcript that has only its beginning', async () => {
    const folder = temporary()
    const logs = join(folder, 'logs')
    history(logs, 300)
    const session = 'traces/box-3/5e55.jsonl'
    const row = (second: number, rest: object) =>
      `${JSON.stringify({ parentUuid: null, isSidechain: false, userType: 'external', sessionId: '5e55', timestamp: stamp(second), ...rest })}\n`
    const use = (second: number, id: string, command: string) =>
      row(second, {
        type: 'assistant',
        uuid: `u${id}`,
        message: { role: 'assistant', content: [{ type: 'tool_use', id, name: 'Bash', input: { command } }] },
      })
    const heard = listener()
    const follow = await openFollow({
      paths: [logs],
      state: join(folder, 'state'),
      caseEveryMs: 0,
      limits: quick,
      on: heard.on,
    })
    await until(() => heard.firsts === 120, 'all that lay there')
    put(
      logs,
      session,
      row(400, { type: 'user', uuid: 'u0', message: { role: 'user', content: 'go' } }) +
        use(401, 'toolu_01running', 'curl https://running.example.com/'),
    )
    await follow.settled()
    appendFileSync(join(logs, 'eve.json'), alarm(402, 3, 'running.example.com', 30_002))
    await until(() => heard.firsts === 121, 'the alarm')
    const mine = () => [...heard.latest.values()].find(({ event }) => event.name === 'running.example.com')
    await until(() => mine()?.call?.sourceId === 'toolu_01running', 'the running call')
    await follow.close()
  }, 120_000)

  it('keeps no more than its limits say, and counts what made room', async () => {
    const folder = temporary()
    const logs = join(folder, 'logs')
    history(logs, 100)
    const state = join(folder, 'state')
    const limits = {
      ...quick,
      events: 200,
      calls: 50,
      recent: 20,
      answerBytes: 60_000,
      answerSegmentBytes: 20_000,
    }
    const heard = listener()
    const follow = await openFollow({ paths: [logs], state, caseEveryMs: 0, limits, on: heard.on })
    await until(() => heard.firsts === 40, 'all that lay there')
    for (let round = 1; round <= 20; round++) {
      let alarms = ''
      let spans = ''
      for (let k = 0; k < 40; k++) {
        const second = 100 + round * 40 + k
        alarms += alarm(second, 1 + (k % 4), `n${second}.example.com`, 40_000 + round * 40 + k)
        if (k % 4 === 0) spans += spanLine(second, 1, `b${second}`, `curl https://n${second}.example.com/`)
      }
      appendFileSync(join(logs, 'spans.jsonl'), spans)
      appendFileSync(join(logs, 'eve.json'), alarms)
      await until(() => heard.firsts === 40 + round * 40, `round ${round}`)
    }
    await follow.settled()
    const status = follow.status()
    expect(status.answered).toBe(840)
    expect(status.events).toBeLessThanOrEqual(250)
    expect(status.evicted.events).toBeGreaterThan(500)
    expect(status.evicted.calls).toBeGreaterThan(0)
    expect(status.evicted.answerBytes).toBeGreaterThan(0)
    expect(follow.recent(1_000).length).toBe(20)
    const kept = readdirSync(join(state, 'answers')).reduce(
      (sum, name) => sum + statSync(join(state, 'answers', name)).size,
      0,
    )
    expect(kept).toBeLessThan(100_000)
    expect(heard.doubled).toEqual([])
    await follow.close()
  }, 120_000)

  it('says what is wrong with an input and goes on; one that is missing is waited for', async () => {
    const folder = temporary()
    const logs = join(folder, 'logs')
    const later = join(folder, 'later')
    mkdirSync(logs)
    writeFileSync(
      join(logs, 'noise.bin'),
      Buffer.from(Array.from({ length: 4_000 }, (_, k) => (k * 7919) % 256)),
    )
    const heard = listener()
    const state = join(folder, 'state')
    const follow = await openFollow({
      paths: [logs, later],
      state,
      caseEveryMs: 0,
      limits: quick,
      on: heard.on,
    })
    await expect(openFollow({ paths: [logs], state, caseEveryMs: 0 })).rejects.toThrow(
      /another process follows/,
    )
    await until(
      () => heard.problems().some((text) => text.startsWith(later)),
      'the missing folder is told of',
    )
    await until(
      () => heard.problems().some((text) => text.includes('noise.bin')),
      'the unknown file is told of',
    )
    history(later, 200)
    appendFileSync(join(later, 'eve.json'), '{"event_type":"alert","\u001b[31m<script>\n')
    await until(() => heard.firsts === 80, 'what came later')
    await follow.settled()
    expect(follow.status().inputs.find(({ path }) => path.endsWith('eve.json'))?.rejected).toBe(1)
    await follow.close()
    await expect(openFollow({ paths: [] })).rejects.toThrow(/Nothing to follow/)
  }, 120_000)
})
