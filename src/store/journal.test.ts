import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { connectionLine, recordingPlace } from '../../test/journal-kit.ts'
import { canonicalJson } from '../base/canonical-json.ts'
import { type JournalLine, journalLineBytesMax } from '../schema/journal.ts'
import type { Clock } from './clock.ts'
import { type JournalOptions, openJournal } from './journal.ts'
import { readJournal } from './read.ts'
import { readRunFile } from './run-file.ts'
import { verifyJournal } from './verify.ts'

const place = recordingPlace()

async function written(cmdLine: string, options: Partial<JournalOptions> = {}): Promise<string> {
  const journal = openJournal({ dir: place.dir, ...options })
  journal.append(connectionLine(cmdLine))
  await journal.seal()
  expect(await verifyJournal(place.dir)).toMatchObject({ state: 'sealed' })
  for await (const one of readJournal(place.dir)) {
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
    const journal = openJournal({ dir: place.dir, version: '0.1.0' })
    const appended = [journal.append(connectionLine()), journal.append(connectionLine())]
    const head = await journal.seal()
    const all = place.rows()
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
    expect(readRunFile(place.dir)).toMatchObject({ publicKey: journal.publicKey, exitCode: null })
  })

  it('are in the file when append returns', async () => {
    const journal = openJournal({ dir: place.dir })
    const { hash } = journal.append(connectionLine())
    expect(place.rows().at(-1)).toMatchObject({ hash })
    await journal.close()
  })

  it('that are appended soon are written together, in the order of the calls', async () => {
    const journal = openJournal({ dir: place.dir })
    const before = place.rows().length
    const soon = ['a', 'b', 'c'].map((connection) => journal.appendSoon(connectionLine('x', connection)))
    expect(place.rows()).toHaveLength(before)
    const appended = await Promise.all(soon)
    expect(appended.map(({ seq }) => seq)).toEqual([2, 3, 4])
    expect(
      place
        .rows()
        .slice(1)
        .map((row) => row.connection),
    ).toEqual(['a', 'b', 'c'])
    await journal.seal()
  })

  it('that wait are written before one that is appended at once', async () => {
    const journal = openJournal({ dir: place.dir })
    const soon = journal.appendSoon(connectionLine('x', 'first'))
    journal.append(connectionLine('x', 'second'))
    expect(
      place
        .rows()
        .slice(1)
        .map((row) => row.connection),
    ).toEqual(['first', 'second'])
    await expect(soon).resolves.toMatchObject({ seq: 2 })
    await journal.seal()
  })

  it('that wait are written when the journal is sealed', async () => {
    const journal = openJournal({ dir: place.dir })
    const soon = journal.appendSoon(connectionLine())
    await journal.seal()
    await expect(soon).resolves.toMatchObject({ seq: 2 })
    expect(() => journal.append(connectionLine())).toThrow('closed')
    await expect(journal.appendSoon(connectionLine())).rejects.toThrow('closed')
  })

  it('have signed checkpoints among them', async () => {
    const journal = openJournal({ dir: place.dir, checkpointLines: 5 })
    for (let i = 0; i < 20; i++) journal.append(connectionLine())
    expect(await verifyJournal(place.dir)).toMatchObject({
      state: 'open',
      checkpoints: { signed: 4, through: 24 },
    })
    await journal.seal()
    expect(place.rows().filter((row) => row.class === 'checkpoint').length).toBeGreaterThan(3)
  })

  it('seal themselves at the end of a block', async () => {
    {
      await using journal = openJournal({ dir: place.dir })
      journal.append(connectionLine())
    }
    expect(await verifyJournal(place.dir)).toMatchObject({ state: 'sealed', lines: 3 })
  })

  it('are told in their order, also those that are appended meanwhile', async () => {
    let told = ''
    const journal = openJournal({
      dir: place.dir,
      onWritten(lines) {
        told += lines
        if (lines.includes('"first"')) journal.append(connectionLine('x', 'answer'))
      },
    })
    await Promise.all([
      journal.appendSoon(connectionLine('x', 'first')),
      journal.appendSoon(connectionLine('x', 'second')),
    ])
    await journal.seal()
    expect(told).toBe(readFileSync(join(place.dir, 'journal.jsonl'), 'utf8'))
    expect(place.rows().map((row) => row.connection)).toEqual([
      undefined,
      'first',
      'second',
      'answer',
      undefined,
    ])
  })

  it('note when the clock was set, and keep their order', async () => {
    const { clock, pass, set } = testClock()
    const journal = openJournal({ dir: place.dir, clock })
    pass(60_000)
    journal.append(connectionLine())
    set(-3_600_000)
    journal.append(connectionLine())
    pass(1)
    set(10_000)
    journal.append(connectionLine())
    await journal.seal()
    const all = place.rows()
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
    expect(await verifyJournal(place.dir)).toMatchObject({ state: 'sealed', clockSteps: 2 })
  })

  it('count refusals that are alike', async () => {
    const journal = openJournal({ dir: place.dir, flood: { alikePerSecondMax: 2 } })
    const refusal = {
      ...connectionLine(),
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
    expect(place.rows().filter((row) => row.activity === 'refuse')).toHaveLength(2)
    expect(place.rows().find((row) => row.class === 'aggregate')).toMatchObject({ count: 8 })
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
    expect(readFileSync(join(place.dir, 'journal.jsonl'), 'utf8')).not.toContain(secret)
  })

  it('has other fingerprints in another recording', async () => {
    const first = await written(`--token ${secret} x`)
    const other = place.dir
    place.dir = join(place.root, 'other')
    expect(await written(`curl --token ${secret} x`)).toContain('[secret:')
    expect(readFileSync(join(place.dir, 'journal.jsonl'), 'utf8')).not.toContain(
      /\[secret:\w+\]/.exec(first)?.[0] ?? 'none',
    )
    place.dir = other
  })

  it('is harmless to look at, and comes back as it was', async () => {
    const hostile = 'a\x1b[2J\x07b\u202ec\u0000\r\nd\u2028\x7f\x9b31m\u200b\ufeff\u{e0041}é\u{1f600}'
    expect(await written(hostile)).toBe(hostile)
    const raw = readFileSync(join(place.dir, 'journal.jsonl'), 'utf8')
    expect(raw.replaceAll('\n', '')).toMatch(/^[\x20-\x7eé\u{1f600}]+$/u)
    expect(await verifyJournal(place.dir)).toMatchObject({ recoded: 0 })
  })

  it('has the hash of its canonical form, whatever text is in it', async () => {
    const journal = openJournal({ dir: place.dir })
    const texts: string[] = []
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        texts.push(text)
        journal.append(connectionLine(text))
      }),
      { numRuns: 1_000 },
    )
    await journal.seal()
    const stored = place.rows()
    for (const { hash, ...content } of stored) {
      expect(createHash('sha256').update(canonicalJson(content)).digest('hex')).toBe(hash)
    }
    expect(await verifyJournal(place.dir)).toMatchObject({
      state: 'sealed',
      lines: texts.length + 2,
      recoded: 0,
    })
  })

  it('has a sign for halves of characters', async () => {
    expect(await written('a\ud800b')).toBe('a\ufffdb')
  })

  it('is cut where it is too long, with its length and hash', async () => {
    const argv = `curl ${'Ab\ud83d\ude00'.repeat(500_000)}`
    const text = await written(argv)
    expect(text.length).toBeLessThan(8_300)
    expect(argv.startsWith(text.slice(0, -'…[cut]'.length))).toBe(true)
    expect(place.rows()[1]).toMatchObject({
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
      place.dir = join(place.root, `cut-${before}`)
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
    const journal = openJournal({ dir: place.dir })
    const one = connectionLine()
    journal.append({ ...one, actor: { tier: 'none', process: { pid: 1, ...more } } } as JournalLine)
    await journal.seal()
    for (const text of readFileSync(join(place.dir, 'journal.jsonl'), 'utf8').split('\n')) {
      expect(Buffer.byteLength(text)).toBeLessThan(journalLineBytesMax)
    }
    expect(place.rows()[1]).toHaveProperty('cut')
    expect(place.rows()[1]).toMatchObject({ class: 'network_activity', connection: 'c-1', box: 'run-1' })
    expect(await verifyJournal(place.dir)).toMatchObject({ state: 'sealed' })
  })
})
