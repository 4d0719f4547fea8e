// What happened to the files while nobody followed them: each event is still answered once.

import { copyFileSync, readFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { openFollow } from '../../src/pipeline/follow/open-follow.ts'
import { append, linesOf, listener, recordedRun, temporary } from './recorded.ts'

const quick = { fitEveryMs: 300, fitRest: 1, pollMs: 20, scanMs: 100 }

it('goes on after restarts, whatever was rotated, copied, compressed or cut off in between', async () => {
  const folder = temporary()
  const logs = join(folder, 'logs')
  const state = join(folder, 'state')
  const pieces = recordedRun(logs)
  const eve = pieces.find(({ path }) => path.endsWith('eve.json'))!
  const traces = pieces.filter((piece) => piece !== eve)
  const path = join(logs, eve.path)
  const places = new Map<string, number>()
  const uids = new Set<string>()
  let firsts = 0

  async function follow(): Promise<string[]> {
    const heard = listener()
    const stream = await openFollow({ paths: [logs], state, caseEveryMs: 0, limits: quick, on: heard.on })
    await stream.settled()
    await stream.close()
    firsts += heard.firsts
    for (const { event, uid, revision } of [...heard.latest.values()]) {
      if (revision === 0)
        places.set(`${event.file}:${event.line}`, (places.get(`${event.file}:${event.line}`) ?? 0) + 1)
      uids.add(uid)
    }
    return heard.problems()
  }

  append(logs, eve, 0, 0.2)
  for (const piece of traces) append(logs, piece, 0, 0.5)
  expect(await follow()).toEqual([])
  const once = firsts
  expect(once).toBeGreaterThan(100)
  // Nothing has happened.
  await follow()
  expect(firsts).toBe(once)
  // Renamed, with lines that nobody has read, and begun anew.
  append(logs, eve, 0.2, 0.3)
  renameSync(path, `${path}.1`)
  append(logs, eve, 0.3, 0.4)
  await follow()
  // Copied, with lines that nobody has read, and cut off.
  append(logs, eve, 0.4, 0.5)
  copyFileSync(path, `${path}.2`)
  truncateSync(path, 0)
  append(logs, eve, 0.5, 0.7)
  await follow()
  // What was read is compressed; the traces go on.
  writeFileSync(`${path}.1.gz`, gzipSync(readFileSync(`${path}.1`)))
  unlinkSync(`${path}.1`)
  for (const piece of traces) append(logs, piece, 0.5, 1)
  append(logs, eve, 0.7, 1)
  expect(await follow()).toEqual([])

  const heard = listener()
  const last = await openFollow({ paths: [logs], state, caseEveryMs: 0, limits: quick, on: heard.on })
  const summary = await last.finish()
  expect(heard.firsts).toBe(0)
  expect(firsts).toBe(summary.attribution.events)
  expect(uids.size).toBe(firsts)
  expect(linesOf(join(last.caseFolder, 'attributions.jsonl')).length).toBe(firsts)
}, 120_000)

it('reads a compressed log and a document once, also when it is asked again', async () => {
  const folder = temporary()
  const logs = join(folder, 'logs')
  const state = join(folder, 'state')
  const pieces = recordedRun(logs)
  const eve = pieces.find(({ path }) => path.endsWith('eve.json'))!
  for (const piece of pieces) if (piece !== eve) append(logs, piece, 0, 1)
  writeFileSync(join(logs, 'old.json.gz'), gzipSync(`${eve.lines.slice(0, 400).join('\n')}\n`))
  const counts: number[] = []
  for (let time = 0; time < 3; time++) {
    const heard = listener()
    const stream = await openFollow({ paths: [logs], state, caseEveryMs: 0, limits: quick, on: heard.on })
    await stream.settled()
    counts.push(heard.firsts)
    await stream.close()
  }
  expect(counts[0]).toBeGreaterThan(100)
  expect(counts.slice(1)).toEqual([0, 0])
}, 120_000)
