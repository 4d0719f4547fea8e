import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { JournalFollower } from './follower.ts'

const folder = mkdtempSync(join(tmpdir(), 'follower-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0
const fresh = () => join(folder, `${++count}.jsonl`)
const follow = (path: string, behindBytesMax = 1 << 26) => new JournalFollower(path, { behindBytesMax })

function all(follower: JournalFollower): string[] {
  const lines: string[] = []
  while (true) {
    const piece = follower.pull()
    lines.push(...piece.lines)
    if (!piece.more) return lines
  }
}

describe('a journal that grows', () => {
  it('gives whole lines only, once, wherever the writer stops', () => {
    const text = '{"a":1}\n{"b":"ü€🜂"}\n\n{"c":3}\n'
    const bytes = Buffer.from(text)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 8 }), (cuts) => {
        const path = fresh()
        const follower = follow(path)
        const seen: string[] = []
        let from = 0
        for (const to of [...cuts.sort((a, b) => a - b), bytes.length]) {
          appendFileSync(path, bytes.subarray(from, to))
          from = to
          seen.push(...all(follower))
        }
        expect(seen).toEqual(text.split('\n').slice(0, -1))
      }),
      { numRuns: 50 },
    )
  })

  it('takes in a recording that is gone on with after its half-written last line was cut off', () => {
    const path = fresh()
    const follower = follow(path)
    writeFileSync(path, 'one\ntwo\nthr')
    expect(all(follower)).toEqual(['one', 'two'])
    truncateSync(path, 8)
    appendFileSync(path, 'recovered\n')
    expect(all(follower)).toEqual(['recovered'])
  })

  it('begins anew when another file stands there, and says so', () => {
    const path = fresh()
    const follower = follow(path)
    writeFileSync(path, 'old 1\nold 2\n')
    expect(all(follower)).toEqual(['old 1', 'old 2'])
    writeFileSync(`${path}.next`, 'new 1\nnew 2\nnew 3\n')
    renameSync(`${path}.next`, path)
    expect(follower.pull()).toEqual({ lines: ['new 1', 'new 2', 'new 3'], more: false, gap: 'replaced' })
  })

  it('leaves out a line that is longer than any of ours, whole or half-written, and counts it', () => {
    const path = fresh()
    const follower = follow(path)
    writeFileSync(path, `a\n${'x'.repeat(70_000)}\nb\n`)
    expect(all(follower)).toEqual(['a', 'b'])
    appendFileSync(path, 'y'.repeat(600_000))
    expect(all(follower)).toEqual([])
    appendFileSync(path, `${'y'.repeat(600_000)}\nc\n`)
    expect(all(follower)).toEqual(['c'])
    expect(follower.longLines).toBe(2)
  })

  it('reads all there is before it says that there is no more, wherever its pieces end', () => {
    for (const length of [100, 60_000, 65_000]) {
      const path = fresh()
      const lines = Array.from(
        { length: Math.ceil(1_000_000 / length) },
        (_, i) => `${i} ${'x'.repeat(length)}`,
      )
      writeFileSync(path, `${lines.join('\n')}\nhalf`)
      expect(all(follow(path))).toEqual(lines)
    }
  })

  it('takes a line of the greatest length there may be', () => {
    const path = fresh()
    const line = 'z'.repeat(65_535)
    writeFileSync(path, `${line}\n${line}\nend\n`)
    expect(all(follow(path)).map((text) => text.length)).toEqual([65_535, 65_535, 3])
  })

  it('catches up with at most so many bytes, from a line’s beginning on, and counts the rest', () => {
    const path = fresh()
    const lines = Array.from({ length: 1_000 }, (_, i) => `line ${i}`)
    writeFileSync(path, `${lines.join('\n')}\n`)
    const follower = follow(path, 100)
    const piece = follower.pull()
    expect(piece.gap).toBe('skipped')
    expect(piece.lines.length).toBeGreaterThan(5)
    expect(lines.slice(-piece.lines.length)).toEqual(piece.lines)
    expect(follower.skippedBytes + 100).toBe(lines.join('\n').length + 1)
  })

  it('reads through no link and waits for no pipe', () => {
    const [target, link] = [fresh(), fresh()]
    writeFileSync(target, 'root:x:0:0\n')
    symlinkSync(target, link)
    expect(all(follow(link))).toEqual([])
    expect(all(follow('/dev/zero'))).toEqual([])
    expect(all(follow(join(folder, 'nothing')))).toEqual([])
  })
})
