// Tables of a large case:  npm run bench -- case-store [--events 1000000 --calls 100000 --episodes 20000 --runs 30]
//
// Building: processor time and largest memory of its process. Views: elapsed time of the whole answer, which is what a
// person waits for; on a machine that does other things, too, look at the least.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { callsPage, oneCall } from '../../src/server/views/calls.ts'
import { compareEpisodes } from '../../src/server/views/compare.ts'
import { egressPage } from '../../src/server/views/egress.ts'
import { episodesPage } from '../../src/server/views/episodes.ts'
import { eventsPage } from '../../src/server/views/events.ts'
import { callQuery, callsQuery } from '../../src/server/wire/calls.ts'
import { egressQuery } from '../../src/server/wire/egress.ts'
import { episodesQuery } from '../../src/server/wire/episodes.ts'
import { eventsQuery } from '../../src/server/wire/events.ts'
import { openCaseStore } from '../../src/store/cases/case-store.ts'
import { openQueryProcess } from '../../src/store/cases/query-process.ts'
import { endReaders, readerPids } from '../../src/store/cases/readers.ts'
import { starterQueries } from '../../src/store/cases/starter-queries.ts'
import { writeCase } from './generate.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    calls: { type: 'string', default: '100000' },
    episodes: { type: 'string', default: '20000' },
    runs: { type: 'string', default: '30' },
  },
})
const size = { events: Number(values.events), calls: Number(values.calls), episodes: Number(values.episodes) }
const root = mkdtempSync(join(tmpdir(), 'vigiles-bench-'))
try {
  await measure()
} finally {
  endReaders()
  rmSync(root, { recursive: true, force: true })
}

async function measure(): Promise<void> {
  const folder = join(root, 'case')
  writeCase(folder, size)
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  console.log(`${size.events} events, ${size.calls} calls, ${size.episodes} episodes: ${mb(bytes)} of JSON`)

  const watch = watchMemory()
  const before = childCpuS()
  const started = performance.now()
  let last = started
  const laps: string[] = []
  const store = await openCaseStore({
    folder,
    cache: join(root, 'cache'),
    onProgress: (table) => {
      laps.push(`${((performance.now() - last) / 1000).toFixed(1)} ${table}`)
      last = performance.now()
    },
  })
  console.log(
    `built in ${((performance.now() - started) / 1000).toFixed(1)} s (${(childCpuS() - before).toFixed(1)} s of processor time), at most ${mb(watch.end())} of memory, ${mb(statSync(store.database).size)} on disk`,
  )
  console.log(`  seconds before: ${laps.join(', ')}`)
  console.log(`  lines left out: ${JSON.stringify(await store.unread())}`)

  const [any] = await store.rows(
    'SELECT uid, episode_uid FROM calls WHERE events > 0 ORDER BY events DESC, uid LIMIT 1',
  )
  const call = String(any?.uid)
  const episode = String(any?.episode_uid)
  const middle = new Date(Date.UTC(2026, 10, 24, 11)).toISOString()
  const soon = new Date(Date.UTC(2026, 10, 24, 11, 10)).toISOString()
  const views: Readonly<Record<string, () => Promise<unknown>>> = {
    'episodes, first page': () => episodesPage(store, episodesQuery.parse({})),
    'episodes by findings, text': () =>
      episodesPage(store, episodesQuery.parse({ sort: 'worst', direction: 'desc', text: 'ep-a' })),
    'episodes, last page': () => episodesPage(store, episodesQuery.parse({ offset: size.episodes - 100 })),
    'events, first page': () => eventsPage(store, eventsQuery.parse({})),
    'events, text': () => eventsPage(store, eventsQuery.parse({ text: 'host-12', limit: 200 })),
    'events, alarms by severity': () =>
      eventsPage(store, eventsQuery.parse({ severity: 'high', sort: 'severity', direction: 'desc' })),
    'events, ten minutes': () => eventsPage(store, eventsQuery.parse({ from: middle, to: soon })),
    'calls of an episode': () => callsPage(store, callsQuery.parse({ episode })),
    'one call': () => oneCall(store, call, callQuery.parse({})),
    'egress by destination': () => egressPage(store, egressQuery.parse({})),
    'egress by call': () => egressPage(store, egressQuery.parse({ level: 'call' })),
    'egress, ten minutes': () => egressPage(store, egressQuery.parse({ from: middle, to: soon })),
    'egress against a baseline': () => egressPage(store, egressQuery.parse({}), store),
    'compare two episodes': () => compareEpisodes(store, { left: episode }),
  }
  for (const [name, view] of Object.entries(views)) {
    const times: number[] = []
    const cpuBefore = cpuMsOf(readerPids().get(store.database))
    for (let i = 0; i < Number(values.runs); i++) {
      const from = performance.now()
      await view()
      times.push(performance.now() - from)
    }
    report(name, times, (cpuMsOf(readerPids().get(store.database)) - cpuBefore) / times.length)
  }

  const queries = openQueryProcess(store.database, join(root, 'exports'))
  for (const { title, sql } of starterQueries) {
    const { ms, rows } = await queries.run(sql)
    console.log(`  ${title.padEnd(34)} ${String(ms).padStart(6)} ms, ${rows.length} rows`)
  }
  for (const format of ['csv', 'parquet'] as const) {
    const from = performance.now()
    const made = await queries.export('SELECT * FROM events', format)
    await made.stream.cancel()
    console.log(
      `  all events as ${format}: ${((performance.now() - from) / 1000).toFixed(1)} s, ${mb(made.bytes)}`,
    )
  }
  queries.close()
}

function report(name: string, times: number[], cpuMs: number): void {
  times.sort((a, b) => a - b)
  const at = (share: number) =>
    `${(times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0).toFixed(0)} ms`
  console.log(
    `  ${name.padEnd(34)} least ${at(0).padStart(8)}  p50 ${at(0.5).padStart(8)}  p99 ${at(0.99).padStart(8)}  processor ${cpuMs.toFixed(0).padStart(5)} ms`,
  )
}

/** Largest resident memory of any process that this one has started, while it is watched. */
function watchMemory(): { end(): number } {
  let most = 0
  const look = () => {
    for (const task of existsSync('/proc/self/task') ? readdirSync('/proc/self/task') : []) {
      for (const pid of read(`/proc/self/task/${task}/children`).split(' ').filter(Boolean)) {
        most = Math.max(most, Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024)
      }
    }
  }
  const timer = setInterval(look, 100)
  return {
    end() {
      clearInterval(timer)
      return most
    },
  }
}

function cpuMsOf(pid: number | undefined): number {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10
}

/** Processor time of ended children, in s. */
function childCpuS(): number {
  const fields = read('/proc/self/stat')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) / 100
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`
}
