// A stream that is followed ends where an investigation of the same files ends, whatever happens to the files meanwhile.

import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  renameSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openFollow } from '../../src/pipeline/follow/open-follow.ts'
import { investigate } from '../../src/pipeline/investigate.ts'
import { quietProgress } from '../../src/pipeline/progress.ts'
import { append, linesOf, listener, put, recordedRun, temporary, until } from './recorded.ts'

const quick = { fitEveryMs: 500, fitRest: 1, pollMs: 30, scanMs: 200 }

interface Line {
  readonly event: { readonly file: string; readonly line: number }
  readonly verdict: string
  readonly toolCall: string | null
}

describe('a recorded run that is followed', () => {
  it('ends byte for byte where an investigation ends, and its answers agree', async () => {
    const folder = temporary()
    const logs = join(folder, 'logs')
    const pieces = recordedRun(logs)
    const heard = listener()
    const paged = join(folder, 'page.json')
    const pager = 'process.stdin.pipe(require("node:fs").createWriteStream(process.argv[1]))'
    const follow = await openFollow({
      paths: [logs],
      state: join(folder, 'state'),
      caseEveryMs: 1_000,
      limits: quick,
      page: [{ on: 'critical', command: [process.execPath, '-e', pager, paged] }],
      on: heard.on,
    })
    const steps = 12
    for (let step = 0; step < steps; step++) {
      for (const piece of pieces) append(logs, piece, step / steps, (step + 1) / steps)
      await follow.settled()
    }
    await until(() => follow.status().fitted, 'a fit of all of it')
    const before = new Map(heard.latest)
    await follow.finish()

    const out = join(folder, 'batch')
    await investigate({ paths: [logs], out, zones: [], controls: [], progress: quietProgress })
    for (const name of ['attributions.jsonl', 'findings.jsonl', 'toolcalls.jsonl', 'incidents.jsonl']) {
      expect(readFileSync(join(follow.caseFolder, name)).equals(readFileSync(join(out, name))), name).toBe(
        true,
      )
    }
    expect(heard.doubled).toEqual([])
    expect(heard.problems()).toEqual([])
    const calls = new Map(
      linesOf(join(out, 'toolcalls.jsonl')).map((call) => [call.uid, `${call.file}:${call.line}`]),
    )
    const batch = linesOf(join(out, 'attributions.jsonl')) as unknown as Line[]
    expect(heard.latest.size).toBe(batch.length)
    for (const [when, answers, least] of [
      ['before the end', before, 0.95],
      ['at the end', heard.latest, 1],
    ] as const) {
      const byPlace = new Map(
        [...answers.values()].map((one) => [`${one.event.file}:${one.event.line}`, one]),
      )
      const agree = batch.filter(({ event, verdict, toolCall }) => {
        const one = byPlace.get(`${event.file}:${event.line}`)
        const call = one?.call ? `${one.call.file}:${one.call.line}` : undefined
        return one?.verdict === verdict && call === (toolCall === null ? undefined : calls.get(toolCall))
      })
      expect(agree.length / batch.length, when).toBeGreaterThanOrEqual(least)
    }
    // What was found on the way is what the investigation finds, and somebody was called, once for each.
    expect(follow.incidents().some(({ severity }) => severity === 'critical')).toBe(true)
    const pages = heard.events.flatMap((event) => (event.type === 'page' ? [event] : []))
    expect(pages.every(({ ok }) => ok)).toBe(true)
    expect(new Set(pages.map(({ incident }) => incident)).size).toBe(pages.length)
    expect(JSON.parse(readFileSync(paged, 'utf8'))).toMatchObject({
      on: 'critical',
      incident: { severity: 'critical' },
    })
    // Clocks are told of when they are first compared: the firewall's is 7.3 s ahead.
    const clocks = heard.events.flatMap((event) => (event.type === 'clock' ? [event.clock] : []))
    expect(
      clocks.filter(({ domain, aligned }) => domain === 'suricata-eve' && aligned).at(-1)?.offsetMs,
    ).toBeCloseTo(7_300, -2)
    // Views had a full case before the end.
    const cases = heard.events.filter(({ type }) => type === 'case')
    expect(cases.length).toBeGreaterThan(1)
  }, 120_000)

  it('reads a log once that is rotated by renaming, by copying and with gzip, and one that comes late', async () => {
    const folder = temporary()
    const logs = join(folder, 'logs')
    const pieces = recordedRun(logs)
    const eve = pieces.find(({ path }) => path.endsWith('eve.json'))!
    const traces = pieces.filter((piece) => piece !== eve)
    const path = join(logs, eve.path)
    const heard = listener()
    const follow = await openFollow({
      paths: [logs],
      state: join(folder, 'state'),
      caseEveryMs: 0,
      limits: quick,
      on: heard.on,
    })
    append(logs, eve, 0, 0.2)
    await follow.settled()
    // Renamed, and written to once more before the new file is there.
    renameSync(path, `${path}.1`)
    append(logs, { ...eve, path: `${eve.path}.1` }, 0.2, 0.25)
    append(logs, eve, 0.25, 0.5)
    await follow.settled()
    for (const piece of traces) append(logs, piece, 0, 1)
    // Copied, then cut off where it stands.
    copyFileSync(path, `${path}.2`)
    truncateSync(path, 0)
    append(logs, eve, 0.5, 0.8)
    await follow.settled()
    // The oldest is compressed.
    writeFileSync(`${path}.1.gz`, gzipSync(readFileSync(`${path}.1`)))
    unlinkSync(`${path}.1`)
    append(logs, eve, 0.8, 1)
    await follow.settled()
    const summary = await follow.finish()
    expect(heard.doubled).toEqual([])
    expect(heard.problems()).toEqual([])
    expect(heard.latest.size).toBe(summary.attribution.events)
    const events = linesOf(join(follow.caseFolder, 'attributions.jsonl'))
    expect(heard.firsts).toBe(events.length)
  }, 120_000)

  it('waits for the end of a half-written line, and reads it as it stands when the stream ends', async () => {
    const folder = temporary()
    const logs = join(folder, 'logs')
    const pieces = recordedRun(logs)
    const eve = pieces.find(({ path }) => path.endsWith('eve.json'))!
    for (const piece of pieces) if (piece !== eve) append(logs, piece, 0, 1)
    const heard = listener()
    const follow = await openFollow({
      paths: [logs],
      state: join(folder, 'state'),
      caseEveryMs: 0,
      limits: quick,
      on: heard.on,
    })
    const isEvent = (line: string) => /"event_type":"(?:alert|flow|dns|tls)"/.test(line)
    const lines = eve.lines.filter(isEvent).slice(0, 10)
    const last = lines.pop()!
    put(logs, eve.path, `${lines.join('\n')}\n${last.slice(0, 60)}`)
    await until(() => heard.firsts >= lines.length, 'the whole lines')
    await follow.settled()
    expect(heard.firsts).toBe(lines.length)
    expect(follow.status().inputs.find(({ path }) => path === eve.path)?.rejected).toBe(0)
    appendFileSync(join(logs, eve.path), last.slice(60))
    await follow.settled()
    expect(heard.firsts).toBe(lines.length)
    await follow.finish()
    expect(heard.firsts).toBe(lines.length + 1)
  }, 120_000)
})
