import { describe, expect, it } from 'vitest'
import { targetVias } from '../src/attribution/api.ts'
import { toIso } from '../src/base/time.ts'
import { buildCase } from '../src/pipeline/case.ts'
import { parseZoneRule } from '../src/pipeline/clock-domains.ts'
import { at, type FileOf, mergedOf } from './merged-of.ts'

function caseOf(files: readonly FileOf[], zones: string[] = []) {
  const merged = mergedOf(files)
  const theCase = buildCase(merged, { zones: zones.map(parseZoneRule), controls: [] })
  const find = (path: string, k = 0) => {
    const f = merged.files.findIndex((file) => file.path === path)
    return merged.callBase[f]! + k
  }
  return { merged, theCase, find }
}

describe('a result in another file than its call', () => {
  const files: FileOf[] = [
    {
      path: 'events/1.json',
      calls: [{ sourceId: 'a', command: 'curl -s $URL', start: at('2026-11-24T11:00:00') }],
    },
    {
      path: 'events/2.json',
      outcomes: [
        {
          sourceId: 'a',
          end: at('2026-11-24T11:00:07'),
          output: 'connecting to 203.0.113.9 port 443',
          boxHints: ['3f1c0a9be771'],
          exitCode: 7,
          line: 1,
        },
        { sourceId: 'b', line: 2 },
      ],
    },
    { path: 'other/2.json', outcomes: [{ sourceId: 'a', end: at('2026-11-24T11:00:09'), line: 1 }] },
  ]

  it('gives its end, its sandbox and what it shows; the zone moves both ends', () => {
    const { theCase, merged } = caseOf(files, ['**=+08:00'])
    const call = theCase.call(0)
    expect(toIso(call.start.us)).toBe('2026-11-24T03:00:00.000000Z')
    expect(toIso(call.end!.us)).toMatch(/^2026-11-24T03:00:0[78]/)
    expect(call.timeSource).toBe('transcript')
    expect(call.exitCode).toBe(7)
    expect(theCase.text(theCase.callBox[0]!)).toBe('3f1c0a9be771')
    const { targets, targetVia, targetsStart } = theCase.attribution.calls
    const shown = Array.from(targets.subarray(targetsStart[0], targetsStart[1]), (id, k) => [
      merged.texts.list[id],
      targetVias[targetVia[k]!],
    ])
    expect(shown).toContainEqual(['203.0.113.9', 'output'])
  })

  it('counts results without a call', () => {
    expect(caseOf(files).theCase.notes.join()).toContain('2 result(s) belong to no recorded call')
  })
})

describe('one call told by two inputs', () => {
  const id = 'call_8Zq0aB12cdEF34gh'
  const admin: FileOf = {
    path: 'admin.log',
    format: 'rock-admin-log',
    calls: [
      {
        sourceId: id,
        command: 'ssh -R 2222:localhost:22 tunnel.example.com',
        start: at('2026-11-24T03:00:00Z'),
        end: at('2026-11-24T03:00:05Z'),
        timeSource: 'next-record',
        boxHints: ['sbx-1'],
      },
    ],
  }
  const dump: FileOf = {
    path: 'dump.jsonl',
    format: 'roll-rollout',
    calls: [
      {
        command: 'ssh -R 2222:localhost:22  tunnel.example.com',
        start: at('2026-11-24T02:50:00Z'),
        end: at('2026-11-24T03:20:00Z'),
        timeSource: 'episode',
        boxHints: ['sbx-1'],
        episode: 'ep-7',
        step: 63,
        reward: 1,
        policyVersion: 'v62',
        turn: 4,
      },
    ],
  }

  it('counts once, with the narrow window and what the wide one knows', () => {
    const { theCase, find } = caseOf([admin, dump])
    const [narrow, wide] = [find('admin.log'), find('dump.jsonl')]
    expect(theCase.echoOf[wide]).toBe(narrow)
    expect(theCase.echoOf[narrow]).toBe(-1)
    expect(theCase.call(narrow)).toMatchObject({
      episode: 'ep-7',
      step: 63,
      reward: 1,
      policyVersion: 'v62',
      turn: 4,
    })
    expect(theCase.notes.join()).toContain('1 of 2 calls stand in more than one input')
  })

  it('is found by its id where the sandbox is not named, and takes the sandbox over', () => {
    const service: FileOf = {
      path: 'LLMService.log',
      format: 'rock-llm-service',
      calls: [{ ...admin.calls![0]!, boxHints: [], start: at('2026-11-24T03:00:01Z') }],
    }
    const { theCase, find } = caseOf([admin, service])
    const narrow = find('LLMService.log')
    expect(theCase.echoOf[find('admin.log')]).toBe(narrow)
    expect(theCase.text(theCase.callBox[narrow]!)).toBe('sbx-1')
  })

  it('takes a trace in local time of an unknown zone for the same', () => {
    const naive = { ...dump.calls![0]!, start: at('2026-11-24T10:50:00'), end: at('2026-11-24T11:20:00') }
    const { theCase, find } = caseOf([admin, { ...dump, calls: [naive] }])
    expect(theCase.echoOf[find('dump.jsonl')]).toBe(find('admin.log'))
  })

  it('pairs repeated commands one to one', () => {
    const listed = [0, 60, 120].map((s) => ({
      command: 'ls',
      start: at(new Date(Date.UTC(2026, 10, 24, 3, 0, s)).toISOString()),
      end: at(new Date(Date.UTC(2026, 10, 24, 3, 0, s + 1)).toISOString()),
      boxHints: ['sbx-1'],
    }))
    const { theCase, merged } = caseOf([
      { ...admin, calls: listed },
      {
        ...dump,
        calls: [
          { ...dump.calls![0]!, command: 'ls' },
          { ...dump.calls![0]!, command: 'ls' },
        ],
      },
    ])
    const echoes = Array.from(theCase.echoOf)
    expect(echoes.filter((of) => of >= 0)).toHaveLength(2)
    expect(new Set(echoes.filter((of) => of >= 0)).size).toBe(2)
    expect(merged.calls.n).toBe(5)
  })

  it('is found without an id where one episode has it twice in the same instants', () => {
    const file = (path: string): FileOf => ({
      path,
      calls: [1, 2].map(() => ({
        command: 'nc -z 10.0.0.5 6379',
        episode: 'ep-1',
        start: at('2026-11-24T03:00:00Z'),
        end: at('2026-11-24T03:00:02Z'),
      })),
    })
    const { theCase } = caseOf([file('all/traces.jsonl'), file('effective/traces.jsonl')])
    const echoes = Array.from(theCase.echoOf).filter((of) => of >= 0)
    expect(new Set(echoes).size).toBe(2)
  })

  it.each([
    ['another sandbox', { boxHints: ['sbx-2'] }],
    ['another command', { command: 'ls' }],
    ['another hour', { start: at('2026-11-24T05:50:00Z'), end: at('2026-11-24T06:20:00Z') }],
  ])('is not seen in %s', (_, change) => {
    const { theCase } = caseOf([admin, { ...dump, calls: [{ ...dump.calls![0]!, ...change }] }])
    expect(Array.from(theCase.echoOf)).toEqual([-1, -1])
  })

  it('is not seen in counted ids of parallel episodes', () => {
    const file = (episode: string): FileOf => ({
      path: `${episode}.jsonl`,
      calls: [{ sourceId: 'call_0', command: 'ls', episode, boxHints: [`box-${episode}`] }],
    })
    const { theCase } = caseOf([file('a'), file('b')])
    expect(Array.from(theCase.echoOf)).toEqual([-1, -1])
    expect(theCase.notes.join()).not.toContain('call id')
  })
})

it('keeps two traces with the same ids and other commands apart, and says so', () => {
  const trace = (path: string, command: string): FileOf => ({
    path,
    calls: [1, 2].map((n) => ({ sourceId: `call-${n}`, command: `${command} ${n}` })),
  })
  const { theCase } = caseOf([trace('a.jsonl', 'pip install x'), trace('b.jsonl', 'curl http://192.0.2.7/')])
  expect(Array.from(theCase.echoOf)).toEqual([-1, -1, -1, -1])
  expect(theCase.notes.join()).toMatch(
    /2 call id\(s\) are used by several traces .*call-1 in a\.jsonl and b\.jsonl/,
  )
  const uids = [0, 1, 2, 3].map((j) => theCase.callUid(j))
  expect(new Set(uids).size).toBe(4)
})
