// What a journal does when its writer is killed and when the disk is full, with processes and disks that really are.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, it } from 'vitest'
import { openJournal } from './journal.ts'
import { readJournal } from './read.ts'
import { verifyJournal } from './verify.ts'

const root = mkdtempSync(join(tmpdir(), 'vigiles-faults-'))
const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(root, { recursive: true })
})

const store = new URL('journal.ts', import.meta.url).href
const prelude = `
  import { dirname } from 'node:path'
  import { openJournal } from '${store}'
  const { dir, ...options } = JSON.parse(process.argv[1])
  const line = (i) => ({ class: 'dns_activity', box: 'run-1', query: { hostname: 'n' + i + '.example.com', type: 'A' },
    disposition: 'blocked', actor: { tier: 'none' } })
  const say = (word) => process.stdout.write(word + '\\n') || new Promise((go) => process.stdout.once('drain', go))
`

/** Arguments of node for a program that has `openJournal`, `dir`, `options`, `line` and `say`. */
function program(text: string, options: object): string[] {
  return ['--import', 'tsx', '--input-type=module', '-e', prelude + text, JSON.stringify(options)]
}

function started(text: string, options: object): ChildProcess {
  const child = spawn(process.execPath, program(text, options), { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

/** Kills it, as nothing can be caught, once it has said so many lines; gives all that it said. */
async function killedAfter(child: ChildProcess, lines: number): Promise<string[]> {
  const said: string[] = []
  for await (const text of createInterface({ input: child.stdout! })) {
    said.push(text)
    if (said.length === lines) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  expect(child.signalCode).toBe('SIGKILL')
  return said
}

async function hashes(dir: string): Promise<Set<string>> {
  const all = new Set<string>()
  for await (const { hash } of readJournal(dir)) all.add(hash)
  return all
}

describe('a writer that is killed with kill -9', () => {
  const atOnce = `
    const journal = openJournal({ dir, ...options })
    for (let i = 0; ; i++) await say(journal.append(line(i)).hash)
  `
  const soon = `
    const journal = openJournal({ dir, ...options })
    for (let i = 0; ; i += 8) {
      await Promise.all(Array.from({ length: 8 }, async (_, j) => await say((await journal.appendSoon(line(i + j))).hash)))
    }
  `
  it.each([
    ['at once', atOnce],
    ['soon', soon],
  ])('loses no line that was acknowledged, appended %s', async (name, text) => {
    const dir = join(root, `killed ${name}`)
    const acknowledged = await killedAfter(started(text, { dir }), 5_000)
    expect(acknowledged.length).toBeGreaterThanOrEqual(5_000)
    expect(await verifyJournal(dir)).toMatchObject({ state: 'open' })
    const kept = await hashes(dir)
    // What the program said last may have been cut in half in the pipe.
    const missing = acknowledged.filter((hash) => hash.length === 64 && !kept.has(hash))
    expect(missing).toEqual([])
    const journal = openJournal({ dir, resume: true })
    await journal.seal()
    expect(await verifyJournal(dir)).toMatchObject({ state: 'sealed', recovered: 1 })
  })

  it('lets go of its lock, which a second writer does not get before', async () => {
    const dir = join(root, 'locked')
    const child = started(`openJournal({ dir }); say('open'); setInterval(() => {}, 1000)`, { dir })
    await once(createInterface({ input: child.stdout! }), 'line')
    expect(() => openJournal({ dir, resume: true })).toThrow('written by another process')
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    await openJournal({ dir, resume: true }).seal()
    expect(await verifyJournal(dir)).toMatchObject({ state: 'sealed' })
  })
})

/** Writes until it can't, tries on, and is given room again by `makeRoom`. */
const untilFull = (makeRoom: string) => `
  import { execFileSync } from 'node:child_process'
  import { rmSync, statSync, writeFileSync } from 'node:fs'
  const health = []
  const journal = openJournal({ dir, fsyncMs: 20, onHealth: (healthy, error) => health.push(error?.code ?? healthy) })
  let written = 0
  let full
  while (!full) {
    try {
      journal.append(line(written))
      written++
    } catch (error) {
      full = error
    }
  }
  const size = statSync(dir + '/journal.jsonl').size
  const unhealthy = journal.healthy
  const later = await journal.appendSoon(line(-1)).catch((error) => error.name)
  await new Promise((resolve) => setTimeout(resolve, 60))
  const same = size === statSync(dir + '/journal.jsonl').size
  ${makeRoom}
  journal.append(line(written))
  const healthy = journal.healthy
  await journal.seal()
  say(JSON.stringify({ written, name: full.name, code: full.code, unhealthy, later, same, healthy, health }))
`

async function wentOn(dir: string, output: string, code: string): Promise<void> {
  const told = JSON.parse(output)
  expect(told).toEqual({
    written: expect.any(Number),
    name: 'JournalFull',
    code,
    unhealthy: false,
    later: 'JournalFull',
    same: true,
    healthy: true,
    health: [code, true],
  })
  expect(told.written).toBeGreaterThan(50)
  expect(await verifyJournal(dir)).toMatchObject({ state: 'sealed', recovered: 1 })
  const rows = readFileSync(join(dir, 'journal.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text))
  expect(rows.filter((row) => row.class === 'dns_activity')).toHaveLength(told.written + 1)
  expect(rows.find((row) => row.class === 'recovered')).toMatchObject({
    from: 'write-error',
    error: code,
    refused: 2,
  })
}

const canMount = spawnSync('unshare', ['-rm', 'true']).status === 0

describe('a disk that is full', () => {
  it.skipIf(!canMount)(
    'refuses lines, keeps the file whole, and takes lines again when there is room',
    async () => {
      const disk = join(root, 'disk')
      mkdirSync(disk)
      const dir = join(disk, 'rec')
      const kept = join(root, 'kept')
      const text = untilFull(`rmSync(dirname(dir) + '/ballast')`)
        .replace(
          'const journal',
          `writeFileSync(dirname(dir) + '/ballast', Buffer.alloc(16_384)); const journal`,
        )
        .concat(`execFileSync('cp', ['-r', dir, '${kept}'])`)
      const { stdout } = spawnSync(
        'unshare',
        [
          '-rm',
          'sh',
          '-c',
          'mount -t tmpfs -o size=64k none "$1" && shift && exec "$@"',
          'sh',
          disk,
          process.execPath,
          ...program(text, { dir }),
        ],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
      )
      await wentOn(kept, stdout, 'ENOSPC')
    },
  )

  it.skipIf(process.platform !== 'linux')('is met alike as a limit on the size of files', async () => {
    const dir = join(root, 'limited')
    const makeRoom = `execFileSync('prlimit', ['--fsize=10000000', '--pid', String(process.pid)])`
    const { stdout } = spawnSync(
      'sh',
      [
        '-c',
        'ulimit -S -f 64 && exec "$@"',
        'sh',
        process.execPath,
        ...program(untilFull(makeRoom), { dir }),
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await wentOn(dir, stdout, 'EFBIG')
  })

  it.skipIf(!canMount)('refuses a recording before anything runs', () => {
    const disk = join(root, 'tiny')
    mkdirSync(disk)
    const text = `
      import { writeFileSync } from 'node:fs'
      try { writeFileSync(dirname(dir) + '/ballast', Buffer.alloc(1 << 20)) } catch {}
      try { openJournal({ dir }) } catch (error) { say(error.exitCode + ' ' + error.toText()) }
    `
    const { stdout } = spawnSync(
      'unshare',
      [
        '-rm',
        'sh',
        '-c',
        'mount -t tmpfs -o size=64k none "$1" && shift && exec "$@"',
        'sh',
        disk,
        process.execPath,
        ...program(text, { dir: join(disk, 'rec') }),
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    )
    expect(stdout).toMatch(/^3 The recording folder .* can't be written\.\nThe system says ENOSPC/)
  })
})
