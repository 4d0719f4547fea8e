import { createHash } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { canonicalJson } from '../base/canonical-json.ts'
import { OperatorError } from '../base/errors.ts'
import { type JournalLine, journalLineBytesMax } from '../schema/journal.ts'
import type { Clock } from './clock.ts'
import { type JournalOptions, openJournal } from './journal.ts'
import { readJournal } from './read.ts'
import { readRunFile, updateRunFile } from './run-file.ts'
import { verifyJournal } from './verify.ts'

const root = mkdtempSync(join(tmpdir(), 'vigiles-journal-'))
let dir = ''
let runs = 0
beforeEach(() => {
  dir = join(root, String(runs++), 'rec')
})
afterAll(() => rmSync(root, { recursive: true }))

const line = (cmdLine = 'curl https://api.example.com', connection = 'c-1'): JournalLine => ({
  class: 'network_activity',
  activity: 'open',
  connection,
  box: 'run-1',
  srcEndpoint: { ip: '10.8.0.2', port: 40_000 },
  dstEndpoint: { ip: '203.0.113.9', port: 443, hostname: 'api.example.com' },
  disposition: 'allowed',
  actor: { toolCall: 'call_1', unit: 'exec-1', tier: 'identity', process: { pid: 7, name: 'curl', cmdLine } },
})

const rows = (): Record<string, never>[] =>
  readFileSync(join(dir, 'journal.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text))

async function written(cmdLine: string, options: Partial<JournalOptions> = {}): Promise<string> {
  const journal = openJournal({ dir, ...options })
  journal.append(line(cmdLine))
  await journal.seal()
  expect(await verifyJournal(dir)).toMatchObject({ state: 'sealed' })
  for await (const one of readJournal(dir)) {
    if (one.class === 'network_activity') return one.actor.process?.cmdLine ?? ''
  }
  throw new Error('the line is not there')
}

/** A clock that stands still until it is told. */
function testClock(us = Date.parse('2026-11-24T08:00:00Z') * 1000) {
  let wallUs = us
  let monotonicUs = 0
  const clock: Clock = { wallUs: () => wallUs, monotonicUs: () => monotonicUs }
  return {
    clock,
    pass(ms: number) {
      wallUs += ms * 1000
      monotonicUs += ms * 1000
    },
    set(ms: number) {
      wallUs += ms * 1000
    },
  }
}

describe('the lines of a journal', () => {
  it('chain from the first to the seal', async () => {
    const journal = openJournal({ dir, version: '0.1.0' })
    const appended = [journal.append(line()), journal.append(line())]
    const head = await journal.seal()
    const all = rows()
    expect(all.map((row) => [row.seq, row.class])).toEqual([
      [1, 'start'],
      [2, 'network_activity'],
      [3, 'network_activity'],
      [4, 'seal'],
    ])
    expect(all.map((row) => row.prev)).toEqual(['', ...all.slice(0, -1).map((row) => row.hash)])
    for (const { hash, ...content } of all) {
      expect(createHash('sha256').update(canonicalJson(content)).digest('hex')).toBe(hash)
    }
    expect(appended).toEqual(all.slice(1, 3).map(({ seq, hash }) => ({ seq, hash })))
    expect(head).toEqual({ seq: 4, hash: all[3]!.hash })
    expect(all[0]).toMatchObject({ version: '0.1.0', publicKey: journal.publicKey })
    expect(readRunFile(dir)).toMatchObject({ publicKey: journal.publicKey, exitCode: null })
  })

  it('are in the file when append returns', async () => {
    const journal = openJournal({ dir })
    const { hash } = journal.append(line())
    expect(rows().at(-1)).toMatchObject({ hash })
    await journal.close()
  })

  it('that are appended soon are written together, in the order of the calls', async () => {
    const journal = openJournal({ dir })
    const before = rows().length
    const soon = ['a', 'b', 'c'].map((connection) => journal.appendSoon(line('x', connection)))
    expect(rows()).toHaveLength(before)
    const appended = await Promise.all(soon)
    expect(appended.map(({ seq }) => seq)).toEqual([2, 3, 4])
    expect(
      rows()
        .slice(1)
        .map((row) => row.connection),
    ).toEqual(['a', 'b', 'c'])
    await journal.seal()
  })

  it('that wait are written before one that is appended at once', async () => {
    const journal = openJournal({ dir })
    const soon = journal.appendSoon(line('x', 'first'))
    journal.append(line('x', 'second'))
    expect(
      rows()
        .slice(1)
        .map((row) => row.connection),
    ).toEqual(['first', 'second'])
    await expect(soon).resolves.toMatchObject({ seq: 2 })
    await journal.seal()
  })

  it('that wait are written when the journal is sealed', async () => {
    const journal = openJournal({ dir })
    const soon = journal.appendSoon(line())
    await journal.seal()
    await expect(soon).resolves.toMatchObject({ seq: 2 })
    expect(() => journal.append(line())).toThrow('closed')
    await expect(journal.appendSoon(line())).rejects.toThrow('closed')
  })

  it('have signed checkpoints among them', async () => {
    const journal = openJournal({ dir, checkpointLines: 5 })
    for (let i = 0; i < 20; i++) journal.append(line())
    expect(await verifyJournal(dir)).toMatchObject({ state: 'open', checkpoints: { signed: 4, through: 24 } })
    await journal.seal()
    expect(rows().filter((row) => row.class === 'checkpoint').length).toBeGreaterThan(3)
  })

  it('seal themselves at the end of a block', async () => {
    {
      await using journal = openJournal({ dir })
      journal.append(line())
    }
    expect(await verifyJournal(dir)).toMatchObject({ state: 'sealed', lines: 3 })
  })

  it('are told in their order, also those that are appended meanwhile', async () => {
    let told = ''
    const journal = openJournal({
      dir,
      onWritten(lines) {
        told += lines
        if (lines.includes('"first"')) journal.append(line('x', 'answer'))
      },
    })
    await Promise.all([journal.appendSoon(line('x', 'first')), journal.appendSoon(line('x', 'second'))])
    await journal.seal()
    expect(told).toBe(readFileSync(join(dir, 'journal.jsonl'), 'utf8'))
    expect(rows().map((row) => row.connection)).toEqual([undefined, 'first', 'second', 'answer', undefined])
  })

  it('note when the clock was set, and keep their order', async () => {
    const { clock, pass, set } = testClock()
    const journal = openJournal({ dir, clock })
    pass(60_000)
    journal.append(line())
    set(-3_600_000)
    journal.append(line())
    pass(1)
    set(10_000)
    journal.append(line())
    await journal.seal()
    const all = rows()
    expect(all.map((row) => row.class)).toEqual([
      'start',
      'network_activity',
      'clock_step',
      'network_activity',
      'clock_step',
      'network_activity',
      'seal',
    ])
    expect(all[2]).toMatchObject({ stepMs: -3_600_000, expected: '2026-11-24T08:01:00.000000Z' })
    expect(all[3]).toMatchObject({ seq: 4, time: '2026-11-24T07:01:00.000000Z' })
    expect(all[4]).toMatchObject({ stepMs: 10_000 })
    expect(await verifyJournal(dir)).toMatchObject({ state: 'sealed', clockSteps: 2 })
  })

  it('count refusals that are alike', async () => {
    const journal = openJournal({ dir, flood: { alikePerSecondMax: 2 } })
    const refusal = {
      ...line(),
      class: 'network_activity',
      activity: 'refuse',
      disposition: 'blocked',
    } as const
    for (let i = 0; i < 10; i++) {
      journal.refuse({
        ...refusal,
        srcEndpoint: { ip: '10.8.0.2' },
        dstEndpoint: { ip: '192.0.2.1', port: 22 },
        connection: `c-${i}`,
        actor: { tier: 'none' },
      })
    }
    await journal.seal()
    expect(rows().filter((row) => row.activity === 'refuse')).toHaveLength(2)
    expect(rows().find((row) => row.class === 'aggregate')).toMatchObject({ count: 8 })
  })
})

describe('what is stored', () => {
  const secret = 'Zk3vQ9xR7mW2pL5tN8bC4dF6'

  it('holds no secret, but shows which are the same', async () => {
    const text = await written(
      `curl -H "Authorization: Bearer ${secret}" https://a.example; export X_TOKEN=${secret}`,
    )
    expect(text).not.toContain(secret)
    const [first, second] = text.match(/\[secret:[0-9a-f]{10}\]/g) ?? []
    expect(first).toBeDefined()
    expect(second).toBe(first)
    expect(readFileSync(join(dir, 'journal.jsonl'), 'utf8')).not.toContain(secret)
  })

  it('has other fingerprints in another recording', async () => {
    const first = await written(`--token ${secret} x`)
    const other = dir
    dir = join(root, 'other')
    expect(await written(`curl --token ${secret} x`)).toContain('[secret:')
    expect(readFileSync(join(dir, 'journal.jsonl'), 'utf8')).not.toContain(
      /\[secret:\w+\]/.exec(first)?.[0] ?? 'none',
    )
    dir = other
  })

  it('is harmless to look at, and comes back as it was', async () => {
    const hostile = 'a\x1b[2J\x07b\u202ec\u0000\r\nd\u2028\x7f\x9b31m\u200b\ufeff\u{e0041}é\u{1f600}'
    expect(await written(hostile)).toBe(hostile)
    const raw = readFileSync(join(dir, 'journal.jsonl'), 'utf8')
    expect(raw.replaceAll('\n', '')).toMatch(/^[\x20-\x7eé\u{1f600}]+$/u)
    expect(await verifyJournal(dir)).toMatchObject({ recoded: 0 })
  })

  it('has the hash of its canonical form, whatever text is in it', async () => {
    const journal = openJournal({ dir })
    const texts: string[] = []
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        texts.push(text)
        journal.append(line(text))
      }),
      { numRuns: 1_000 },
    )
    await journal.seal()
    const stored = rows()
    for (const { hash, ...content } of stored) {
      expect(createHash('sha256').update(canonicalJson(content)).digest('hex')).toBe(hash)
    }
    expect(await verifyJournal(dir)).toMatchObject({ state: 'sealed', lines: texts.length + 2, recoded: 0 })
  })

  it('has a sign for halves of characters', async () => {
    expect(await written('a\ud800b')).toBe('a\ufffdb')
  })

  it('is cut where it is too long, with its length and hash', async () => {
    const argv = `curl ${'Ab\ud83d\ude00'.repeat(500_000)}`
    const text = await written(argv)
    expect(text.length).toBeLessThan(8_300)
    expect(argv.startsWith(text.slice(0, -'…[cut]'.length))).toBe(true)
    expect(rows()[1]).toMatchObject({
      cut: [
        {
          field: 'actor.process.cmdLine',
          length: argv.length,
          sha256: createHash('sha256').update(argv).digest('hex'),
        },
      ],
    })
  })

  it('hides a secret that the cut would go through', async () => {
    for (let before = 8_150; before < 8_200; before += 7) {
      dir = join(root, `cut-${before}`)
      const text = await written(`${'x'.repeat(before)} --token ${secret.repeat(4)} ${'y'.repeat(99_999)}`)
      expect(text).not.toContain(secret.slice(0, 8))
    }
  })

  it.each([
    [
      'many long texts',
      { ancestors: Array.from({ length: 60 }, (_, pid) => ({ pid, cmdLine: 'é'.repeat(20_000) })) },
    ],
    ['a list without end', { ancestors: Array.from({ length: 100_000 }, (_, pid) => ({ pid, name: 'sh' })) }],
    ['deep nesting', { ancestors: Array.from({ length: 3_000 }).reduce((inner) => [inner], 1) }],
    ['members without end', Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i]))],
  ])('never has a line longer than may be: %s', async (_, more) => {
    const journal = openJournal({ dir })
    const one = line()
    journal.append({ ...one, actor: { tier: 'none', process: { pid: 1, ...more } } } as JournalLine)
    await journal.seal()
    for (const text of readFileSync(join(dir, 'journal.jsonl'), 'utf8').split('\n')) {
      expect(Buffer.byteLength(text)).toBeLessThan(journalLineBytesMax)
    }
    expect(rows()[1]).toHaveProperty('cut')
    expect(rows()[1]).toMatchObject({ class: 'network_activity', connection: 'c-1', box: 'run-1' })
    expect(await verifyJournal(dir)).toMatchObject({ state: 'sealed' })
  })
})

describe('the folder of a recording', () => {
  const refusal = (open: () => unknown): OperatorError => {
    try {
      open()
    } catch (error) {
      if (error instanceof OperatorError) return error
      throw error
    }
    throw new Error('was not refused')
  }

  it('is for its owner alone', async () => {
    mkdirSync(dir, { recursive: true, mode: 0o755 })
    const journal = openJournal({ dir })
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    for (const name of ['journal.jsonl', 'run.json']) {
      expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600)
    }
    await journal.seal()
  })

  it('is refused when something is in it', () => {
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'notes.txt'), '')
    const error = refusal(() => openJournal({ dir }))
    expect(error.exitCode).toBe(2)
    expect(error.toText()).toMatch(/not empty[\s\S]*notes\.txt[\s\S]*Name a folder/)
  })

  it('is refused when it can not be made', () => {
    mkdirSync(join(dir, '..'), { recursive: true })
    writeFileSync(dir, 'a file')
    const error = refusal(() => openJournal({ dir: join(dir, 'below') }))
    expect(error.exitCode).toBe(3)
    expect(error.toText()).toContain('ENOTDIR')
  })

  it.skipIf(process.getuid?.() === 0)('is refused when it is not writable', () => {
    mkdirSync(dir, { recursive: true })
    chmodSync(join(dir, '..'), 0o500)
    expect(refusal(() => openJournal({ dir: join(dir, '..', 'new') })).toText()).toContain('EACCES')
    chmodSync(join(dir, '..'), 0o700)
  })

  it('is refused when its journal is a link that somebody put there', () => {
    mkdirSync(dir, { recursive: true })
    symlinkSync('/dev/null', join(dir, 'journal.jsonl'))
    expect(refusal(() => openJournal({ dir, resume: true })).toText()).toContain('ELOOP')
  })

  it('has one writer at a time', async () => {
    const journal = openJournal({ dir })
    journal.append(line())
    expect(refusal(() => openJournal({ dir, resume: true })).toText()).toContain('written by another process')
    expect(refusal(() => openJournal({ dir })).toText()).toContain('not empty')
    journal.append(line())
    await journal.seal()
    expect(await verifyJournal(dir)).toMatchObject({ state: 'sealed', lines: 4 })
  })
})

describe('run.json', () => {
  it('is replaced whole, member by member', async () => {
    const journal = openJournal({ dir })
    updateRunFile(dir, { tier: 'root' })
    updateRunFile(dir, { exitCode: 3 })
    expect(readRunFile(dir)).toEqual({
      _schema: 'vigiles/run/v1',
      exitCode: 3,
      signal: null,
      stoppedBy: null,
      tier: 'root',
      publicKey: journal.publicKey,
    })
    await journal.seal()
  })
})

describe('after a crash', () => {
  it('a recording goes on where it was', async () => {
    const first = openJournal({ dir })
    first.append(line())
    await first.close()
    const second = openJournal({ dir, resume: true })
    second.append(line())
    await second.seal()
    expect(rows().map((row) => row.class)).toEqual([
      'start',
      'network_activity',
      'recovered',
      'network_activity',
      'seal',
    ])
    const verified = await verifyJournal(dir)
    expect(verified).toMatchObject({ state: 'sealed', recovered: 1 })
    expect(verified.publicKeys).toEqual([first.publicKey, second.publicKey])
  })

  it('a half-written last line is cut off and accounted for', async () => {
    const first = openJournal({ dir })
    first.append(line())
    await first.close()
    const path = join(dir, 'journal.jsonl')
    const half = '{"_schema":"vigiles/event/v1","activity":"op'
    writeFileSync(path, half, { flag: 'a' })
    expect(await verifyJournal(dir)).toMatchObject({ state: 'open', unfinishedBytes: half.length, lines: 2 })
    const second = openJournal({ dir, resume: true })
    await second.seal()
    expect(rows()[2]).toMatchObject({
      class: 'recovered',
      from: 'crash',
      cut: { bytes: half.length, text: half, sha256: createHash('sha256').update(half).digest('hex') },
    })
    expect(await verifyJournal(dir)).toMatchObject({ state: 'sealed', unfinishedBytes: 0 })
  })

  it('the same keys go on when they were kept, and are gone after the seal', async () => {
    mkdirSync(join(dir, '..'), { recursive: true })
    const keyFile = join(dir, '..', 'keys')
    const first = openJournal({ dir, keyFile })
    first.append(line('x --password hunter2hunter2'))
    await first.close()
    expect(statSync(keyFile).mode & 0o777).toBe(0o600)
    const second = openJournal({ dir, keyFile, resume: true })
    second.append(line('y --password hunter2hunter2'))
    await second.seal()
    expect(second.publicKey).toBe(first.publicKey)
    expect((await verifyJournal(dir)).publicKeys).toEqual([first.publicKey])
    const marks = readFileSync(join(dir, 'journal.jsonl'), 'utf8').match(/\[secret:\w+\]/g)
    expect(marks?.[0]).toBe(marks?.[1])
    expect(() => statSync(keyFile)).toThrow('ENOENT')
  })

  it('a sealed or broken recording is not gone on with', async () => {
    await openJournal({ dir }).seal()
    expect(() => openJournal({ dir, resume: true })).toThrow("can't be gone on with")
    dir = join(root, 'broken')
    await openJournal({ dir }).close()
    const path = join(dir, 'journal.jsonl')
    writeFileSync(path, readFileSync(path, 'utf8').replace('"seq":1', '"seq":2'))
    expect(() => openJournal({ dir, resume: true })).toThrow("can't be gone on with")
  })

  it('an empty file of one that was killed at once is begun anew', async () => {
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'journal.jsonl'), '{"_sch')
    const journal = openJournal({ dir, resume: true })
    await journal.seal()
    expect(await verifyJournal(dir)).toMatchObject({ state: 'sealed', lines: 2 })
  })
})
