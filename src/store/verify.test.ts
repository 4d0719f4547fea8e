import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canonicalJson } from '../base/canonical-json.ts'
import type { JournalLine } from '../schema/journal.ts'
import { openJournal } from './journal.ts'
import { readJournal } from './read.ts'
import { readRunFile, updateRunFile } from './run-file.ts'
import { verifyJournal } from './verify.ts'

const root = mkdtempSync(join(tmpdir(), 'vigiles-verify-'))
afterAll(() => rmSync(root, { recursive: true }))

const dir = join(root, 'rec')
/** The journal sealed, and the same before it was. */
let sealed = Buffer.alloc(0)
let open = Buffer.alloc(0)
let key = ''
let head = ''

beforeAll(async () => {
  const journal = openJournal({ dir, checkpointLines: 3 })
  for (const name of ['api.example.com', 'b\u202e.example\x1b', 'ö.example.com', 'c.example.com']) {
    const line: JournalLine = {
      class: 'dns_activity',
      box: 'run-1',
      query: { hostname: name, type: 'A' },
      disposition: 'blocked',
      actor: { tier: 'none' },
    }
    head = journal.append(line).hash
  }
  open = readFileSync(join(dir, 'journal.jsonl'))
  key = journal.publicKey
  await journal.seal()
  sealed = readFileSync(join(dir, 'journal.jsonl'))
})

let files = 0
/** Verifies these bytes as a journal of their own. */
async function verified(bytes: Buffer | string, options = {}) {
  const path = join(root, `${files++ % 10}.jsonl`)
  writeFileSync(path, bytes)
  return await verifyJournal(path, options)
}

const lineOf = (bytes: Buffer, at: number) => bytes.subarray(0, at).filter((byte) => byte === 10).length + 1
const linesOf = (bytes: Buffer) => bytes.toString('utf8').trimEnd().split('\n')
const joined = (lines: readonly string[]) => `${lines.join('\n')}\n`

describe('verification', () => {
  it('finds a sealed journal sealed and one without an end open', async () => {
    expect(await verified(sealed)).toMatchObject({
      state: 'sealed',
      checkpoints: { signed: 2, unchecked: 0 },
    })
    expect(await verified(open)).toMatchObject({ state: 'open', head: { hash: head } })
    expect(await verifyJournal(dir)).toMatchObject({ state: 'sealed' })
    expect(await verified('')).toMatchObject({ state: 'open', lines: 0 })
  })

  it('names the line of any byte that was changed', async () => {
    for (const [bytes, state] of [
      [sealed, 'sealed'],
      [open, 'open'],
    ] as const) {
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
          const changed = Buffer.from(bytes)
          changed[at] = bytes[at]! ^ flip
          expect(await verified(changed), `byte ${at} of a journal that was ${state}`).toMatchObject({
            state: 'broken',
            line: lineOf(bytes, at),
          })
        }),
        { numRuns: 500 },
      )
    }
  })

  it('names the line of any byte that was taken out or put in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), fc.option(fc.nat(255)), async (at, put) => {
        const changed = Buffer.concat([
          sealed.subarray(0, at),
          put === null ? Buffer.alloc(0) : Buffer.from([put]),
          sealed.subarray(put === null ? at + 1 : at),
        ])
        const result = await verified(changed)
        // White space between members, and `\u202E` for `\u202e`, say the same in another form; that is counted.
        if (result.recoded > 0) return
        expect(result, `byte ${at}`).toMatchObject({ state: expect.stringMatching(/^broken|^open/) })
        if (result.state === 'open') expect([put, at]).toEqual([null, sealed.length - 1])
        else expect(Math.abs((result.line ?? 0) - lineOf(sealed, at))).toBeLessThanOrEqual(1)
      }),
      { numRuns: 400 },
    )
  })

  it('finds any number of cut bytes by an anchor, and calls what is left open or broken at its end', async () => {
    const anchor = JSON.parse(linesOf(sealed).at(-1)!).hash
    expect(await verified(sealed, { anchor })).toMatchObject({
      state: 'sealed',
      anchorLine: linesOf(sealed).length,
    })
    for (let length = sealed.length - 1; length >= 0; length -= 5) {
      const cut = await verified(sealed.subarray(0, length))
      expect(cut.state).toBe('open')
      // Only the newline is missing: the seal is there, and was not finished.
      expect(await verified(sealed.subarray(0, length), { anchor })).toMatchObject({ state: 'broken' })
    }
  })

  it('finds lines that changed places, went missing or came twice', async () => {
    const lines = linesOf(sealed)
    const swapped = [...lines]
    ;[swapped[2], swapped[3]] = [lines[3]!, lines[2]!]
    expect(await verified(joined(swapped))).toMatchObject({
      state: 'broken',
      line: 3,
      reason: expect.stringMatching(/seq is 4 where 3/),
    })
    expect(await verified(joined(lines.toSpliced(1, 1)))).toMatchObject({ state: 'broken', line: 2 })
    expect(await verified(joined(lines.toSpliced(1, 0, lines[1]!)))).toMatchObject({
      state: 'broken',
      line: 3,
    })
    expect(await verified(joined([...lines, lines[1]!]))).toMatchObject({
      state: 'broken',
      line: lines.length + 1,
    })
    expect(await verified(joined(lines.slice(1)))).toMatchObject({ state: 'broken', line: 1 })
  })

  it('finds a history that was written anew, by its signatures or by an anchor', async () => {
    const { hash } = await import('node:crypto')
    const forged: string[] = []
    let prev = ''
    for (const text of linesOf(sealed)) {
      const { hash: _, ...row } = JSON.parse(text)
      const content = { ...row, prev, ...(row.query && { query: { hostname: 'innocent.example.com' } }) }
      prev = hash('sha256', canonicalJson(content))
      forged.push(JSON.stringify({ ...content, hash: prev }))
    }
    expect(await verified(joined(forged))).toMatchObject({
      state: 'broken',
      line: 4,
      reason: expect.stringMatching(/signature/),
    })
    const unsigned = forged.filter((text) => !/"(?:seal|checkpoint)"/.test(text)).slice(0, 3)
    expect(await verified(joined(unsigned))).toMatchObject({ state: 'open' })
    expect(await verified(joined(unsigned), { anchor: head })).toMatchObject({ state: 'broken' })
  })

  it('takes the key from whoever asks rather than from the journal', async () => {
    expect(await verified(sealed, { publicKey: key })).toMatchObject({ state: 'sealed' })
    const other = 'A'.repeat(43)
    expect(await verified(sealed, { publicKey: other })).toMatchObject({ state: 'broken', line: 1 })
  })

  it('finds that run.json names another key', async () => {
    const copy = join(root, 'other')
    await openJournal({ dir: copy }).seal()
    copyFileSync(join(dir, 'journal.jsonl'), join(copy, 'journal.jsonl'))
    expect(await verifyJournal(copy)).toMatchObject({
      state: 'broken',
      reason: expect.stringMatching(/run\.json/),
    })
    updateRunFile(copy, { publicKey: readRunFile(dir)!.publicKey! })
    expect(await verifyJournal(copy)).toMatchObject({ state: 'sealed' })
  })

  it('accepts the same content in another form, and counts it', async () => {
    const lines = linesOf(sealed).map((text) => {
      const entries = Object.entries(JSON.parse(text)).reverse()
      return JSON.stringify(Object.fromEntries(entries), null, 1).replaceAll('\n', ' ')
    })
    expect(await verified(joined(lines))).toMatchObject({ state: 'sealed', recoded: lines.length })
  })

  it('refuses a key that stands twice, whichever a reader would take', async () => {
    const lines = linesOf(sealed)
    lines[1] = lines[1]!.replace('"disposition":"blocked"', '"disposition":"allowed","disposition":"blocked"')
    expect(await verified(joined(lines))).toMatchObject({
      state: 'broken',
      line: 2,
      reason: expect.stringMatching(/twice/),
    })
  })

  it.each([
    ['a line of any length', `${'x'.repeat(3_000_000)}\n`],
    ['no newline at all', 'y'.repeat(3_000_000)],
    ['a beginning without an end', `{"_schema":"vigiles/event/v1",${'"a":1,'.repeat(100_000)}`],
    [
      'nesting',
      `{"_schema":"vigiles/event/v1","hash":"${'0'.repeat(64)}","a":${'['.repeat(30_000)}${']'.repeat(30_000)}}\n`,
    ],
    ['another schema', '{"a":1}\n'],
    ['null', 'null\n'],
    ['zeros with a newline', '\0\0\0\n'],
  ])('survives %s', async (_, text) => {
    expect(await verified(text)).toMatchObject({ state: 'broken', line: 1 })
  })

  it('takes zeros at the end for a block that was not filled', async () => {
    expect(await verified(Buffer.concat([open, Buffer.alloc(4_000)]))).toMatchObject({
      state: 'open',
      unfinishedBytes: 4_000,
    })
    expect(await verified(Buffer.concat([sealed, Buffer.alloc(1)]))).toMatchObject({ state: 'broken' })
  })
})

describe('reading a journal back', () => {
  it('gives its lines in their order, and stops where it is broken', async () => {
    const classes: string[] = []
    for await (const line of readJournal(dir)) classes.push(line.class)
    expect(classes).toEqual(linesOf(sealed).map((text) => JSON.parse(text).class))
    const path = join(root, 'cut.jsonl')
    writeFileSync(path, sealed.toString('utf8').replace('c.example.com', 'd.example.com'))
    let seen = 0
    await expect(
      (async () => {
        for await (const _ of readJournal(path)) seen++
      })(),
    ).rejects.toThrow(/broken at line \d/)
    expect(seen).toBeGreaterThan(3)
    await expect(readJournal(join(root, 'nowhere')).next()).rejects.toThrow('is no recording')
  })
})
