import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineSplitter } from './lines.ts'

type Seen = { text: string; line: number; long?: true }

function split(bytes: Uint8Array, cuts: readonly number[] = [], bytesMax?: number) {
  const seen: Seen[] = []
  const splitter = new LineSplitter(
    {
      line: (text, line) => seen.push({ text, line }),
      tooLong: (text, line) => seen.push({ text, line, long: true }),
    },
    bytesMax === undefined ? {} : { bytesMax },
  )
  for (const part of pieces(bytes, cuts)) {
    splitter.chunk(part)
    part.fill(0) // A caller may reuse its buffer.
  }
  const cut = splitter.end()
  return { seen, cut, count: splitter.count }
}

function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  let from = 0
  return at.map((to) => {
    const part = bytes.slice(from, to)
    from = to
    return part
  })
}

const utf8 = (text: string) => new TextEncoder().encode(text)

/** Text rich in what matters here. */
const hostile = fc
  .array(fc.constantFrom('\n', '\r', '\r\n', '\n\n', ' ', '\t', 'a', '{', 'é', '😀', '\ufeff', 'xyz'), {
    maxLength: 60,
  })
  .map((parts) => utf8(parts.join('')))
const anyBytes = fc.oneof(hostile, fc.uint8Array({ maxLength: 200 }))
const anyCuts = fc.array(fc.nat(), { maxLength: 12 })

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(anyBytes, anyCuts, (bytes, cuts) => {
        expect(split(bytes, cuts)).toEqual(split(bytes))
      }),
    )
  })

  it('gives the same lines when some are beyond the limit', () => {
    fc.assert(
      fc.property(anyBytes, anyCuts, fc.integer({ min: 1, max: 12 }), (bytes, cuts, max) => {
        const bare = (result: ReturnType<typeof split>) => ({
          ...result,
          // Of a line beyond the limit a beginning is kept; how much depends on the chunks.
          seen: result.seen.map((one) => (one.long ? { ...one, text: '' } : one)),
        })
        expect(bare(split(bytes, cuts, max))).toEqual(bare(split(bytes, [], max)))
      }),
    )
  })

  it('gives what splitting the whole text would', () => {
    fc.assert(
      fc.property(hostile, (bytes) => {
        const text = new TextDecoder().decode(bytes) // Drops the byte-order mark.
        const lines = text.split('\n').map((line, i) => ({ text: line.replace(/\r$/, ''), line: i + 1 }))
        const kept = lines.filter((one) => !/^[ \t]*$/.test(one.text) && one.text.trim() !== '')
        const { seen } = split(bytes)
        expect(seen.filter((one) => one.text.trim() !== '')).toEqual(kept)
      }),
    )
  })

  it('counts blank lines without handing them on', () => {
    expect(split(utf8('a\n\n \t\r\nb\n'))).toEqual({
      seen: [
        { text: 'a', line: 1 },
        { text: 'b', line: 4 },
      ],
      cut: false,
      count: 4,
    })
  })

  it('says when the last line is cut off, and still gives it', () => {
    expect(split(utf8('a\nb'), [3])).toMatchObject({
      seen: [{ text: 'a' }, { text: 'b', line: 2 }],
      cut: true,
    })
    expect(split(utf8('a\nb\n')).cut).toBe(false)
    expect(split(new Uint8Array())).toEqual({ seen: [], cut: false, count: 0 })
  })

  it('drops a byte-order mark at the start, and only there', () => {
    const { seen } = split(utf8('\ufeffa\n\ufeffb\n'), [1, 2])
    expect(seen.map((one) => one.text)).toEqual(['a', '\ufeffb'])
  })

  it('replaces broken UTF-8 without losing the line after it', () => {
    const { seen } = split(Uint8Array.of(0xe2, 0x82, 10, 98, 10), [1, 2])
    expect(seen).toEqual([
      { text: '\ufffd', line: 1 },
      { text: 'b', line: 2 },
    ])
  })

  it('passes over a line beyond the limit and goes on after it', () => {
    const { seen } = split(utf8(`${'x'.repeat(100)}\nok\n${'y'.repeat(30)}`), [10, 20, 90], 16)
    expect(seen.map(({ line, long }) => [line, long ?? false])).toEqual([
      [1, true],
      [2, false],
      [3, true],
    ])
    expect(seen[0]!.text).toMatch(/^x{1,100}$/)
  })
})
