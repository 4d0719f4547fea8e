import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Finding } from '../schema/finding.ts'
import { type CallFacts, groupIncidents, hostOf, type IncidentLookups } from './incidents.ts'

const minute = 60_000_000

function finding(over: Partial<Finding>): Finding {
  return {
    detection: 'tunnel.reverse-ssh',
    kind: 'tunnel',
    title: 'box-1 opened a reverse SSH tunnel to 203.0.113.7:443',
    severity: 'high',
    attack: ['T1572'],
    confidence: 0.95,
    box: 'box-1',
    events: [],
    toolCalls: [],
    destinations: ['203.0.113.7:443'],
    firstUs: 10 * minute,
    lastUs: 11 * minute,
    why: '',
    ...over,
  }
}

function lookups(over: Partial<IncidentLookups> & { calls?: readonly CallFacts[] } = {}): IncidentLookups {
  const { calls = [], ...rest } = over
  return { call: (index) => calls[index], rewards: [], firstUs: 0, lastUs: 600 * minute, ...rest }
}

describe('grouping', () => {
  test('the command, the alarm and the connection of one call are one incident', () => {
    const incidents = groupIncidents(
      [
        finding({ toolCalls: [0] }),
        finding({
          detection: 'alert.firewall',
          kind: 'alert',
          confidence: 0.6,
          events: [5],
          toolCalls: [0],
          destinations: ['203.0.113.7:443'],
        }),
        finding({ detection: 'tunnel.ssh-odd-port', events: [5, 6], severity: 'medium', confidence: 0.75 }),
      ],
      lookups({ calls: [{ episode: 'e1', step: 7, policyVersion: 'v3', run: 'r' }] }),
    )
    expect(incidents).toHaveLength(1)
    expect(incidents[0]).toMatchObject({
      severity: 'critical', // Two kinds of evidence agree.
      kinds: ['tunnel'],
      toolCalls: [0],
      episodes: ['e1'],
      firstStep: 7,
      policyVersions: ['v3'],
      boxes: ['box-1'],
      occurrences: 3,
    })
  })

  test('several sandboxes with the same destination are one incident; another destination is another', () => {
    const incidents = groupIncidents(
      [
        finding({ box: 'box-1' }),
        finding({ box: 'box-2', destinations: ['203.0.113.7:22'] }),
        finding({ box: 'box-3', destinations: ['198.51.100.9:22'] }),
      ],
      lookups(),
    )
    expect(incidents.map((i) => i.boxes)).toEqual([['box-1', 'box-2'], ['box-3']])
    expect(incidents[0]?.title).toBe('Tunnel by 2 sandboxes → 203.0.113.7:22')
  })

  test('runs are kept apart', () => {
    const calls = [{ run: 'a' }, { run: 'b' }]
    const incidents = groupIncidents(
      [finding({ box: 'box-1', toolCalls: [0] }), finding({ box: 'box-2', toolCalls: [1] })],
      lookups({ calls }),
    )
    expect(incidents).toHaveLength(2)
  })

  test('a trace without a run belongs to the only run there is', () => {
    const calls = [{ run: 'a' }, {}]
    const incidents = groupIncidents(
      [finding({ box: 'box-1', toolCalls: [0] }), finding({ box: 'box-2', toolCalls: [1] })],
      lookups({ calls }),
    )
    expect(incidents).toHaveLength(1)
  })

  test('what different sandboxes do inside at one address is told apart by kind', () => {
    const incidents = groupIncidents(
      [
        finding({ box: 'box-1', kind: 'probing', destinations: ['10.0.0.5:22'] }),
        finding({ box: 'box-2', kind: 'tunnel', destinations: ['10.0.0.5:22'] }),
      ],
      lookups(),
    )
    expect(incidents).toHaveLength(2)
  })

  test('low findings alone make no incident', () => {
    expect(groupIncidents([finding({ severity: 'low' })], lookups())).toEqual([])
  })

  test('an alarm of the middle sort is explained by a command that reads harmless', () => {
    const alarm = finding({
      detection: 'alert.firewall',
      kind: 'alert',
      severity: 'medium',
      confidence: 0.6,
      toolCalls: [0],
    })
    const forward = finding({
      detection: 'tunnel.ssh-forward',
      severity: 'low',
      confidence: 0.6,
      toolCalls: [0],
    })
    expect(groupIncidents([alarm, forward], lookups())).toEqual([])
    expect(groupIncidents([alarm], lookups())).toHaveLength(1)
    expect(groupIncidents([{ ...alarm, severity: 'high' }, forward], lookups())).toHaveLength(1)
  })

  test('neither order nor chance changes the incidents', () => {
    const findings = [0, 1, 2, 3, 4, 5].map((i) =>
      finding({
        box: `box-${i % 3}`,
        destinations: [`203.0.113.${i % 2}:22`],
        firstUs: i,
        lastUs: i + 1,
        title: `t${i}`,
      }),
    )
    const expected = groupIncidents(findings, lookups()).map((i) => i.uid)
    fc.assert(
      fc.property(fc.shuffledSubarray(findings, { minLength: 6 }), (shuffled) => {
        expect(groupIncidents(shuffled, lookups()).map((i) => i.uid)).toEqual(expected)
      }),
    )
  })
})

describe('is it still going on', () => {
  test.each([
    ['evidence in the last two minutes', 599, {}, true],
    ['evidence in the last twentieth of the log', 575, {}, true],
    ['nothing for hours', 300, {}, false],
    ['a connection that never closed', 300, { isOpen: () => true }, true],
  ])('%s', (_, lastMinute, over, expected) => {
    const [incident] = groupIncidents([finding({ lastUs: lastMinute * minute, events: [1] })], lookups(over))
    expect(incident?.ongoing).toBe(expected)
    expect(incident?.actions[0]?.do.startsWith('Freeze')).toBe(expected)
  })
})

describe('was it rewarded', () => {
  const rewards = (own: number[], others: number[]) => [
    ...own.map((reward, i) => ({ run: 'r', episode: `bad-${i}`, reward })),
    ...others.map((reward, i) => ({ run: 'r', episode: `good-${i}`, reward })),
    { run: 'another run', episode: 'x', reward: -1000 },
  ]
  function verdict(own: number[], others: number[]) {
    const calls = own.map((_, i) => ({ run: 'r', episode: `bad-${i}` }))
    const [incident] = groupIncidents(
      [finding({ toolCalls: calls.map((_, i) => i) })],
      lookups({ calls, rewards: rewards(own, others) }),
    )
    return incident?.rewarded
  }
  test.each([
    [[1, 1, 1, 0.9], [0.1, 0.2, 0, 0.1], 'more'],
    [[0, 0, 0.1, 0], [0.9, 1, 1, 0.8], 'less'],
    [[0.5, 0.4, 0.6, 0.5], [0.5, 0.6, 0.4, 0.5], 'alike'],
    [[1], [0, 0, 0, 0], 'too few to tell'],
    [[1, 1, 1], [1, 1, 1], 'alike'],
  ])('%j against %j: %s', (own, others, expected) => {
    expect(verdict(own, others)).toMatchObject({
      verdict: expected,
      episodes: own.length,
      otherEpisodes: others.length,
    })
  })
  test('no reward, no answer; none to compare with is said', () => {
    expect(verdict([], [1])).toBeNull()
    expect(verdict([1], [])).toMatchObject({
      otherMean: null,
      text: expect.stringContaining('none to compare'),
    })
  })
})

test('says what to do about what was found, and why', () => {
  const [incident] = groupIncidents(
    [
      finding({ toolCalls: [0] }),
      finding({
        detection: 'mining.stratum',
        kind: 'mining',
        events: [1],
        toolCalls: [0],
        destinations: ['203.0.113.60:3333'],
      }),
      finding({
        detection: 'probing.metadata-command',
        kind: 'probing',
        toolCalls: [0],
        destinations: ['169.254.169.254'],
      }),
    ],
    lookups({ calls: [{ episode: 'e1', step: 12, policyVersion: 'v9' }] }),
  )
  const text = incident!.actions.map((a) => a.do).join('\n')
  expect(text).toMatch(/Block .*203\.0\.113\.7/)
  expect(text).toMatch(/Rotate the cloud role/)
  expect(text).toMatch(/Mask episode e1 in training and hold back checkpoints from step 12 on \(policy v9\)/)
  expect(text).not.toMatch(/Block .*169\.254/)
  for (const action of incident!.actions) expect(action.why.length).toBeGreaterThan(10)
  expect(incident?.title).toMatch(/^Cryptomining, tunnel and probing by box-1 → /)
})

test.each([
  ['203.0.113.7:443', '203.0.113.7'],
  ['[2001:db8::1]:22', '2001:db8::1'],
  ['2001:db8::1', '2001:db8::1'],
  ['pool.example.org', 'pool.example.org'],
])('the host of %s is %s', (destination, host) => {
  expect(hostOf(destination)).toBe(host)
})
