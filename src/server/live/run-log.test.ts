import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Row } from './rows.ts'
import { readRow } from './rows.ts'
import { RunLog } from './run-log.ts'

const at = (second: number) => `2026-11-24T08:00:${String(second).padStart(2, '0')}.000000Z`

function logOf(rows: readonly Row[]): RunLog {
  const log = new RunLog()
  for (const row of rows) log.see({ box: 'run-1', ...row })
  return log
}

const open = (connection: string, second = 1) => ({
  class: 'network_activity',
  activity: 'open',
  time: at(second),
  connection,
  disposition: 'allowed',
  dstEndpoint: { ip: '192.0.2.7', port: 443, hostname: 'api.example.com' },
  actor: { toolCall: 'call-1', tier: 'identity' },
})

describe('what is known of a run from its lines', () => {
  it('counts a flood by what its aggregates say', () => {
    const refuse = { ...open('c-1'), activity: 'refuse', disposition: 'blocked' }
    const aggregate = {
      class: 'aggregate',
      of: 'network_activity',
      count: 41_234,
      time: at(2),
      disposition: 'blocked',
    }
    const lookups = { class: 'aggregate', of: 'dns_activity', count: 7, time: at(2), disposition: 'blocked' }
    const log = logOf([refuse, aggregate, lookups])
    expect([log.blocked, log.allowed, log.lookups]).toEqual([41_235, 0, 7])
    expect([...log.minutes]).toEqual([{ minute: Date.parse(at(0)) / 60_000, allowed: 0, blocked: 41_235 }])
  })

  it('lists what is open until it is closed, and nothing once the journal is sealed', () => {
    const log = logOf([
      open('c-1'),
      open('c-2'),
      { ...open('c-1', 2), activity: 'close', bytesIn: 5, bytesOut: 7 },
    ])
    expect([...log.connections]).toMatchObject([
      { connection: 'c-2', to: 'api.example.com:443', call: 'call-1' },
    ])
    expect([log.open, log.bytesIn, log.bytesOut]).toEqual([1, 5, 7])
    log.see({ class: 'seal', time: at(3) })
    expect([log.open, [...log.connections].length, log.sealed]).toEqual([0, 0, true])
  })

  it('keeps the order of the lines when the clock is set back', () => {
    const log = logOf([
      open('c-1', 50),
      { class: 'clock_step', time: at(10), stepMs: -40_000 },
      open('c-2', 11),
    ])
    expect([log.clockSteps, log.lastTime, log.allowed]).toEqual([1, at(11), 2])
  })

  it('is bounded whatever comes: minutes, connections, calls, findings, acts', () => {
    const log = new RunLog()
    for (let i = 0; i < 20_000; i++) {
      const time = new Date(i * 60_000).toISOString()
      log.see({ ...open(`c-${i}`), time })
      log.see({ class: 'execute_tool', activity: 'start', toolCall: `t-${i}`, name: 'x', time })
      log.see({
        class: 'api_activity',
        operation: 'freeze',
        target: `t-${i}`,
        ok: true,
        by: { via: 'policy' },
        time,
      })
    }
    for (let i = 0; i < 1_000; i++) {
      const severity = i === 3 ? 'critical' : 'low'
      const finding = { uid: `f-${i}`, detection: 'd', severity, title: 't'.repeat(5_000) }
      log.see({ class: 'detection_finding', time: at(1), finding })
    }
    expect([...log.minutes].length).toBeLessThanOrEqual(1_440)
    expect([...log.connections].length).toBe(2_000)
    expect([...log.openCalls].length).toBe(2_000)
    expect(log.acts.length).toBeLessThanOrEqual(200)
    expect([log.open, log.calls]).toEqual([20_000, 20_000])
    const findings = [...log.findings.values()]
    expect([findings.length, log.findings.forgotten]).toEqual([200, 800])
    expect([log.findings.countOf('low'), log.findings.countOf('critical')]).toEqual([999, 1])
    expect(findings.find(({ severity }) => severity === 'critical')?.title.length).toBe(500)
  })

  it('joins what a finding says with what was done about it, and counts it once', () => {
    const finding = { uid: 'mining-4', detection: 'mining', severity: 'critical', title: 'A miner' }
    const log = logOf([{ class: 'detection_finding', time: at(1), finding }])
    const told = log.see({
      class: 'detection_finding',
      time: at(2),
      finding,
      responses: [{ do: 'freeze', ok: true, detail: 'is frozen' }],
    })
    expect(told).toMatchObject({
      isNew: false,
      finding: { time: at(1), responses: [{ do: 'freeze', ok: true, detail: 'is frozen' }] },
    })
    expect(log.findings.countOf('critical')).toBe(1)
  })

  it('knows what is frozen and who did it', () => {
    const act = (operation: string, target?: string) => ({
      class: 'api_activity',
      time: at(1),
      operation,
      ...(target !== undefined && { target }),
      by: { via: 'server', user: 'operator at 127.0.0.1', uid: 0 },
      ok: true,
      detail: 'done',
    })
    const log = logOf([act('freeze'), act('freeze', 'call-1'), act('quarantine')])
    expect([log.frozen, [...log.frozenCalls], log.quarantined]).toEqual([true, ['call-1'], true])
    expect(log.acts[0]?.by).toBe('server (operator at 127.0.0.1)')
    for (const row of [act('thaw'), act('thaw', 'call-1'), act('release')]) log.see(row)
    expect([log.frozen, log.frozenCalls.size, log.quarantined]).toEqual([false, 0, false])
  })

  it('takes any JSON for a line without throwing or changing what all objects share', () => {
    const classes = fc.constantFrom(
      ...[
        'network_activity',
        'aggregate',
        'execute_tool',
        'detection_finding',
        'api_activity',
        'process_activity',
      ],
    )
    fc.assert(
      fc.property(classes, fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (name, row, value) => {
        const log = new RunLog()
        log.see({
          ...row,
          class: name,
          time: at(1),
          finding: value,
          by: value,
          dstEndpoint: value,
          actor: value,
        })
        const text = `{"class":"${name}","time":"${at(1)}","__proto__":{"polluted":1},"finding":{"__proto__":{"polluted":1}}}`
        log.see(readRow(text) ?? {})
        expect('polluted' in {}).toBe(false)
        expect(log.lines).toBe(2)
      }),
    )
  })
})
