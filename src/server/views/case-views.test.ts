import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RecordedCase, recordedCase } from '../../../test/recorded-case.ts'
import { severities } from '../../schema/event.ts'
import type { AttributionLine, FindingLine, ToolCallLine } from '../../schema/summary.ts'
import { type CaseStore, openCaseStore } from '../../store/cases/case-store.ts'
import { endReaders } from '../../store/cases/readers.ts'
import { callQuery, callsQuery } from '../wire/calls.ts'
import { compareQuery } from '../wire/compare.ts'
import { egressQuery } from '../wire/egress.ts'
import { episodeSorts, episodesQuery } from '../wire/episodes.ts'
import { eventSorts, eventsQuery } from '../wire/events.ts'
import { callsPage, oneCall } from './calls.ts'
import { commandPattern } from './command-pattern.ts'
import { compareEpisodes } from './compare.ts'
import { egressPage } from './egress.ts'
import { episodesPage } from './episodes.ts'
import { eventsPage } from './events.ts'

let recorded: RecordedCase
let store: CaseStore
let events: AttributionLine[]
let calls: ToolCallLine[]
let findings: FindingLine[]

beforeAll(async () => {
  recorded = await recordedCase()
  store = await openCaseStore({ folder: recorded.folder, cache: join(recorded.root, 'cache') })
  const lines = <T>(file: string) =>
    readFileSync(join(recorded.folder, file), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as T)
  events = lines('attributions.jsonl')
  calls = lines('toolcalls.jsonl')
  findings = lines('findings.jsonl')
}, 120_000)
afterAll(() => {
  endReaders()
  recorded.remove()
})

const episodes = (query: object = {}) => episodesPage(store, episodesQuery.parse(query))
const found = (query: object = {}) => eventsPage(store, eventsQuery.parse(query))
const egress = (query: object = {}, baseline?: CaseStore) =>
  egressPage(store, egressQuery.parse(query), baseline)
const order: readonly (string | null)[] = severities
const rank = (severity: string | null) => order.indexOf(severity)

describe('episodes', () => {
  it('come in pages that add up', async () => {
    const names = new Set(calls.map(({ run, episode }) => `${run} ${episode}`))
    const all = await episodes({ limit: 500 })
    expect(all.total).toBe(names.size)
    expect(all.rows.length).toBe(names.size)
    const pages = [await episodes({ limit: 10 }), await episodes({ limit: 500, offset: 10 })]
    expect(pages.flatMap(({ rows }) => rows)).toEqual(all.rows)
    expect(all.has).toMatchObject({ episodes: names.size, stepMin: 82, bytes: 0 })
  })

  it.each(episodeSorts)('sort by %s, what is unknown last', async (sort) => {
    for (const direction of ['asc', 'desc'] as const) {
      const values = (await episodes({ sort, direction, limit: 500 })).rows.map((row) => row[sort])
      const known = values.filter((value) => value !== null)
      expect(values.slice(known.length).every((value) => value === null)).toBe(true)
      const key = (value: unknown) => (sort === 'worst' ? rank(String(value)) : value)
      for (const [i, value] of known.slice(1).entries()) {
        const [a, b] = direction === 'asc' ? [known[i], value] : [value, known[i]]
        expect(Number(key(a)! <= key(b)!)).toBe(1)
      }
    }
  })

  it('are filtered by text, severity, step and time', async () => {
    const all = (await episodes({ limit: 500 })).rows
    const some = all[3]!
    expect(
      (await episodes({ text: some.episode?.slice(2, 9).toUpperCase() })).rows.map(({ uid }) => uid),
    ).toContain(some.uid)
    expect((await episodes({ severity: 'high', limit: 500 })).total).toBe(
      all.filter(({ worst }) => rank(worst) >= rank('high')).length,
    )
    expect((await episodes({ stepFrom: '83', stepTo: '84' })).total).toBe(
      all.filter(({ step }) => step !== null && step >= 83 && step <= 84).length,
    )
    const middle = all[10]!.firstTime!
    expect((await episodes({ to: middle })).total).toBe(
      all.filter(({ firstTime }) => firstTime! < middle).length,
    )
    expect((await episodes({ from: middle })).total).toBe(
      all.filter(({ lastTime }) => lastTime! >= middle).length,
    )
    for (const text of ["' OR 1=1 --", '%', '_', '$1', '\\', '"'])
      expect((await episodes({ text })).total).toBe(0)
  })

  it('refuse what is no filter', () => {
    for (const query of [
      { limit: 501 },
      { offset: -1 },
      { sort: 'uid; DROP TABLE x' },
      { from: 'now' },
      { from: '2026-01-01T00:00:00' },
      { x: 1 },
    ]) {
      expect(episodesQuery.safeParse(query).success).toBe(false)
    }
  })
})

describe('events', () => {
  it('are filtered as the files say', async () => {
    const by: readonly (readonly [object, (line: AttributionLine) => boolean])[] = [
      [{}, () => true],
      [{ verdict: 'likely' }, ({ verdict }) => verdict === 'likely'],
      [{ disposition: 'blocked' }, ({ event }) => event.disposition === 'blocked'],
      [{ disposition: 'unknown' }, ({ event }) => event.disposition === null],
      [{ class: 'dns_activity' }, ({ event }) => event.class === 'dns_activity'],
      [{ port: '3306' }, ({ event }) => event.port === 3306],
      [{ text: 'REPORTS.nectar' }, ({ event }) => event.name?.includes('reports.nectar') ?? false],
      [
        { from: events[50]!.event.time, to: events[99]!.event.time },
        ({ event }) => event.time >= events[50]!.event.time && event.time < events[99]!.event.time,
      ],
      [
        { severity: 'high' },
        ({ event }) =>
          findings.some(
            ({ severity, unmapped }) =>
              /high|critical/i.test(severity) && unmapped.events.includes(event.uid),
          ),
      ],
    ]
    for (const [query, fits] of by) {
      const { rows, total } = await found({ ...query, limit: 500 })
      const expected = events.filter(fits)
      expect(total).toBe(expected.length)
      expect(rows.map(({ uid }) => uid)).toEqual(expected.slice(0, 500).map(({ event }) => event.uid))
    }
  })

  it.each(eventSorts)('sort by %s', async (sort) => {
    const { rows } = await found({ sort, direction: 'desc', limit: 200 })
    const shown = rows.map((row) => row[sort]).filter((value) => value !== null)
    const key = (value: unknown) => (sort === 'severity' ? rank(String(value)) : value)
    for (const [i, value] of shown.slice(1).entries()) expect(Number(key(shown[i])! >= key(value)!)).toBe(1)
  })

  it('name the call and its tool', async () => {
    const line = events.find(({ toolCall }) => toolCall !== null)!
    const { rows } = await found({ text: line.event.uid })
    const call = calls.find(({ uid }) => uid === line.toolCall)!
    expect(rows).toEqual([
      expect.objectContaining({
        uid: line.event.uid,
        toolCall: line.toolCall,
        tool: call.name,
        step: call.step,
        p: line.p,
      }),
    ])
  })
})

describe('calls', () => {
  it('of an episode, with what each caused', async () => {
    const episode = (await episodes({ sort: 'events', direction: 'desc' })).rows[0]!
    const { rows, total } = await callsPage(store, callsQuery.parse({ episode: episode.uid, limit: 500 }))
    const own = calls.filter((call) => call.episode === episode.episode && call.run === episode.run)
    expect(total).toBe(own.length)
    expect(rows.map(({ uid }) => uid).sort()).toEqual(own.map(({ uid }) => uid).sort())
    expect(rows.reduce((sum, row) => sum + row.events, 0)).toBe(episode.events)
    expect(rows.some(({ worst }) => worst === episode.worst)).toBe(true)
  })

  it('one by one, with events, what it may have caused, and findings', async () => {
    const uid = events.find(
      ({ toolCall, event }) =>
        toolCall !== null &&
        findings.some(
          ({ unmapped }) => unmapped.toolCalls.includes(toolCall) && unmapped.events.includes(event.uid),
        ),
    )!.toolCall!
    const answer = await oneCall(store, uid, callQuery.parse({ limit: 500 }))
    expect(answer.call.uid).toBe(uid)
    expect(answer.events.map((event) => event.uid)).toEqual(
      events.filter(({ toolCall }) => toolCall === uid).map(({ event }) => event.uid),
    )
    expect(answer.findings.map((finding) => finding.uid).sort()).toEqual(
      findings
        .filter(({ unmapped }) => unmapped.toolCalls.includes(uid))
        .map(({ finding_info }) => finding_info.uid)
        .sort(),
    )
    const maybe = events.filter(
      ({ toolCall, candidates }) => toolCall !== uid && candidates.some((one) => one.toolCall === uid),
    )
    expect(answer.maybe.length).toBe(Math.min(50, maybe.length))
    await expect(oneCall(store, 'nothing', callQuery.parse({}))).rejects.toMatchObject({ status: 404 })
  })
})

describe('egress', () => {
  it('counts every event once, at every level', async () => {
    for (const level of ['destination', 'box', 'run', 'step', 'episode', 'tool', 'call']) {
      let events_ = 0
      let expected = 0
      for (let offset = 0, total = 1; offset < total; offset += 500) {
        const page = await egress({ level, kind: 'all', limit: 500, offset, unlikely: 'true' })
        total = page.total
        for (const row of page.rows) {
          events_ += row.events
          expected += row.expected
          expect(row.allowed + row.denied + row.unknown).toBe(row.events)
        }
      }
      expect(events_).toBe(events.length)
      expect(expected).toBeCloseTo(events.length, 2)
    }
  })

  it('is the same when made of a time range that holds everything, and less in a part of it', async () => {
    const query = { level: 'episode', limit: 500, sort: 'destination', unlikely: 'true', kind: 'all' }
    const rounded = ({ rows, total }: Awaited<ReturnType<typeof egress>>) => ({
      total,
      rows: rows.map((row) => ({ ...row, expected: Math.round(row.expected * 1e4) })),
    })
    const whole = rounded(await egress(query))
    expect(rounded(await egress({ ...query, from: '2020-01-01T00:00:00Z' }))).toEqual(whole)
    const until = events[1000]!.event.time
    const part = await egress({ ...query, level: 'destination', to: until })
    expect(part.rows.reduce((sum, row) => sum + row.events, 0)).toBe(
      events.filter(({ event }) => event.time < until).length,
    )
  })

  it('is compared with a baseline, destination by destination', async () => {
    const same = await egress({ limit: 500 }, store)
    expect(same.statuses).toEqual({ new: 0, known: same.total, gone: 0, changed: 0 })
    const { rows } = await egress({ limit: 500 })
    const hidden = rows[0]!
    const denied = rows.find((row) => row.denied > 0 || row.allowed > 0)!
    const older = withRows(store, (row) =>
      row.destination === hidden.destination && row.port === hidden.port
        ? []
        : row.destination === denied.destination && row.port === denied.port
          ? [
              { ...row, outcomes: row.outcomes === 'd' ? 'a' : 'd' },
              { ...row, destination: 'gone.example.com' },
            ]
          : [row],
    )
    const compared = await egress({ limit: 500 }, older)
    const of = (destination: string | null, port: number | null) =>
      compared.rows.find((row) => row.destination === destination && row.port === port)?.status
    expect(of(hidden.destination, hidden.port)).toBe('new')
    if (denied !== hidden) expect(of(denied.destination, denied.port)).toBe('changed')
    const gone = await egress({ status: 'new', limit: 500 }, older)
    expect(gone.rows.map(({ destination }) => destination)).toEqual([hidden.destination])
    const byCall = await egress({ level: 'call', status: 'new', limit: 500 }, older)
    expect(new Set(byCall.rows.map(({ destination }) => destination))).toEqual(new Set([hidden.destination]))
    expect(byCall.rows.reduce((sum, row) => sum + row.events, 0)).toBe(hidden.events)
  })
})

/** The same case as it would be with other rows in its answer to what a baseline is asked for. */
function withRows(of: CaseStore, change: (row: Record<string, never>) => object[]): CaseStore {
  return {
    ...of,
    rows: async (...args) =>
      (await of.rows(...args)).flatMap((row) => change(row as Record<string, never>)) as Awaited<
        ReturnType<CaseStore['rows']>
      >,
  }
}

describe('comparing episodes', () => {
  it('finds a sibling and shows what only one of them did', async () => {
    const bad = (await episodes({ severity: 'high', sort: 'worst', direction: 'desc' })).rows.find(
      ({ step }) => step !== null,
    )!
    const answer = await compareEpisodes(store, compareQuery.parse({ left: bad.uid }))
    expect(answer.right).toMatchObject({ run: bad.run, step: bad.step })
    expect(answer.right?.box).not.toBe(bad.box)
    const destinations = (episode: string | null) =>
      new Set(
        events
          .filter((line) => line.episode === episode && line.event.class !== 'dns_activity')
          .map(({ event }) => `${event.name ?? event.dst}:${event.port}`),
      )
    const [left, right] = [destinations(bad.episode), destinations(answer.right!.episode)]
    const only = answer.destinations.items.filter((item) => item.only === 'left').map(({ what }) => what)
    expect(new Set(only)).toEqual(new Set([...left].filter((one) => !right.has(one))))
    expect(answer.destinations.common).toBe([...left].filter((one) => right.has(one)).length)
    expect(
      answer.findings.items.some((item) => item.only === 'left' && rank(item.severity) >= rank('high')),
    ).toBe(true)
    for (const item of answer.commands.items)
      expect(item.left.callsTotal + item.right.callsTotal).toBeGreaterThan(0)
    const count = (side: 'left' | 'right') =>
      answer.tools.items.reduce((sum, item) => sum + item[side].count, 0)
    expect([count('left'), count('right')]).toEqual([answer.left.calls, answer.right?.calls])
  })

  it('says so when an episode is not there', async () => {
    await expect(compareEpisodes(store, { left: 'nothing' })).rejects.toMatchObject({ status: 404 })
  })

  it('takes commands as alike that differ in what is new each time', () => {
    const alike = [
      ['cat /tmp/tmp.Ab3dE9fGh1/x', 'cat /tmp/tmp.Zz9/x'],
      ['git checkout 3f2a9bc', 'git checkout  98ab12c'],
      ['kill 1234567', 'kill 7654321'],
      ['log 2026-11-24T11:46:54.006Z', 'log 2026-11-25T01:00:00Z'],
    ] as const
    for (const [a, b] of alike) expect(commandPattern(a)).toBe(commandPattern(b))
    const unlike = [
      ['nc 203.0.113.9 18443', 'nc 203.0.113.9 18444'],
      ['curl http://a.example:12345/', 'curl http://a.example:12346/'],
      ['ssh 10.0.0.1', 'ssh 10.0.0.2'],
      ['ls deadbeef', 'ls feedface'],
    ] as const
    for (const [a, b] of unlike) expect(commandPattern(a), a).not.toBe(commandPattern(b))
  })
})
