// The folder of a recording, what stands beside the journal in it, and how one goes on after a crash.

import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { connectionLine, recordingPlace } from '../../test/journal-kit.ts'
import { OperatorError } from '../base/errors.ts'
import { openJournal } from './journal.ts'
import { readRunFile, updateRunFile } from './run-file.ts'
import { verifyJournal } from './verify.ts'

const place = recordingPlace()

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
    mkdirSync(place.dir, { recursive: true, mode: 0o755 })
    const journal = openJournal({ dir: place.dir })
    expect(statSync(place.dir).mode & 0o777).toBe(0o700)
    for (const name of ['journal.jsonl', 'run.json']) {
      expect(statSync(join(place.dir, name)).mode & 0o777).toBe(0o600)
    }
    await journal.seal()
  })

  it('is refused when something is in it', () => {
    mkdirSync(place.dir, { recursive: true })
    writeFileSync(join(place.dir, 'notes.txt'), '')
    const error = refusal(() => openJournal({ dir: place.dir }))
    expect(error.exitCode).toBe(2)
    expect(error.toText()).toMatch(/not empty[\s\S]*notes\.txt[\s\S]*Name a folder/)
  })

  it('is refused when it can not be made', () => {
    mkdirSync(join(place.dir, '..'), { recursive: true })
    writeFileSync(place.dir, 'a file')
    const error = refusal(() => openJournal({ dir: join(place.dir, 'below') }))
    expect(error.exitCode).toBe(3)
    expect(error.toText()).toContain('ENOTDIR')
  })

  it.skipIf(process.getuid?.() === 0)('is refused when it is not writable', () => {
    mkdirSync(place.dir, { recursive: true })
    chmodSync(join(place.dir, '..'), 0o500)
    expect(refusal(() => openJournal({ dir: join(place.dir, '..', 'new') })).toText()).toContain('EACCES')
    chmodSync(join(place.dir, '..'), 0o700)
  })

  it('is refused when its journal is a link that somebody put there', () => {
    mkdirSync(place.dir, { recursive: true })
    symlinkSync('/dev/null', join(place.dir, 'journal.jsonl'))
    expect(refusal(() => openJournal({ dir: place.dir, resume: true })).toText()).toContain('ELOOP')
  })

  it('has one writer at a time', async () => {
    const journal = openJournal({ dir: place.dir })
    journal.append(connectionLine())
    expect(refusal(() => openJournal({ dir: place.dir, resume: true })).toText()).toContain(
      'written by another process',
    )
    expect(refusal(() => openJournal({ dir: place.dir })).toText()).toContain('not empty')
    journal.append(connectionLine())
    await journal.seal()
    expect(await verifyJournal(place.dir)).toMatchObject({ state: 'sealed', lines: 4 })
  })
})

describe('run.json', () => {
  it('is replaced whole, member by member', async () => {
    const journal = openJournal({ dir: place.dir })
    updateRunFile(place.dir, { tier: 'place.root' })
    updateRunFile(place.dir, { exitCode: 3 })
    expect(readRunFile(place.dir)).toEqual({
      _schema: 'vigiles/run/v1',
      exitCode: 3,
      signal: null,
      stoppedBy: null,
      tier: 'place.root',
      publicKey: journal.publicKey,
    })
    await journal.seal()
  })
})

describe('after a crash', () => {
  it('a recording goes on where it was', async () => {
    const first = openJournal({ dir: place.dir })
    first.append(connectionLine())
    await first.close()
    const second = openJournal({ dir: place.dir, resume: true })
    second.append(connectionLine())
    await second.seal()
    expect(place.rows().map((row) => row.class)).toEqual([
      'start',
      'network_activity',
      'recovered',
      'network_activity',
      'seal',
    ])
    const verified = await verifyJournal(place.dir)
    expect(verified).toMatchObject({ state: 'sealed', recovered: 1 })
    expect(verified.publicKeys).toEqual([first.publicKey, second.publicKey])
  })

  it('a half-written last line is cut off and accounted for', async () => {
    const first = openJournal({ dir: place.dir })
    first.append(connectionLine())
    await first.close()
    const path = join(place.dir, 'journal.jsonl')
    const half = '{"_schema":"vigiles/event/v1","activity":"op'
    writeFileSync(path, half, { flag: 'a' })
    expect(await verifyJournal(place.dir)).toMatchObject({
      state: 'open',
      unfinishedBytes: half.length,
      lines: 2,
    })
    const second = openJournal({ dir: place.dir, resume: true })
    await second.seal()
    expect(place.rows()[2]).toMatchObject({
      class: 'recovered',
      from: 'crash',
      cut: { bytes: half.length, text: half, sha256: createHash('sha256').update(half).digest('hex') },
    })
    expect(await verifyJournal(place.dir)).toMatchObject({ state: 'sealed', unfinishedBytes: 0 })
  })

  it('the same keys go on when they were kept, and are gone after the seal', async () => {
    mkdirSync(join(place.dir, '..'), { recursive: true })
    const keyFile = join(place.dir, '..', 'keys')
    const first = openJournal({ dir: place.dir, keyFile })
    first.append(connectionLine('x --password hunter2hunter2'))
    await first.close()
    expect(statSync(keyFile).mode & 0o777).toBe(0o600)
    const second = openJournal({ dir: place.dir, keyFile, resume: true })
    second.append(connectionLine('y --password hunter2hunter2'))
    await second.seal()
    expect(second.publicKey).toBe(first.publicKey)
    expect((await verifyJournal(place.dir)).publicKeys).toEqual([first.publicKey])
    const marks = readFileSync(join(place.dir, 'journal.jsonl'), 'utf8').match(/\[secret:\w+\]/g)
    expect(marks?.[0]).toBe(marks?.[1])
    expect(() => statSync(keyFile)).toThrow('ENOENT')
  })

  it('a sealed or broken recording is not gone on with', async () => {
    await openJournal({ dir: place.dir }).seal()
    expect(() => openJournal({ dir: place.dir, resume: true })).toThrow("can't be gone on with")
    place.dir = join(place.root, 'broken')
    await openJournal({ dir: place.dir }).close()
    const path = join(place.dir, 'journal.jsonl')
    writeFileSync(path, readFileSync(path, 'utf8').replace('"seq":1', '"seq":2'))
    expect(() => openJournal({ dir: place.dir, resume: true })).toThrow("can't be gone on with")
  })

  it('an empty file of one that was killed at once is begun anew', async () => {
    mkdirSync(place.dir, { recursive: true })
    writeFileSync(join(place.dir, 'journal.jsonl'), '{"_sch')
    const journal = openJournal({ dir: place.dir, resume: true })
    await journal.seal()
    expect(await verifyJournal(place.dir)).toMatchObject({ state: 'sealed', lines: 2 })
  })
})
