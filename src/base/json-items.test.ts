import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonItems } from './json-items.ts'
import type { JsonKey } from './json-paths.ts'

interface Item {
  readonly path: string
  readonly value: unknown
  readonly line: number
  readonly keys: readonly JsonKey[]
}

function collector() {
  const items: Item[] = []
  const broken: { line: number; reason: string }[] = []
  return {
    items,
    broken,
    target: {
      item: (path: string, value: unknown, line: number, keys: readonly JsonKey[]) => {
        items.push({ path, value, line, keys })
      },
      broken: (line: number, reason: string) => {
        broken.push({ line, reason })
      },
    },
  }
}

function read(
  paths: readonly string[],
  text: string | Uint8Array,
  cuts: readonly number[] = [],
  max?: number,
) {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const { items, broken, target } = collector()
  const json = new JsonItems(paths, target, max)
  const at = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  let from = 0
  for (const to of at) {
    const part = bytes.slice(from, to)
    json.chunk(part)
    part.fill(0) // A caller may reuse its buffer.
    from = to
  }
  const cut = json.end()
  return { items, broken, cut, documents: json.documents }
}

const anyCuts = fc.array(fc.nat(), { maxLength: 12 })
/** No keys that look like numbers: objects list those first. */
const anyKey = fc.constantFrom('a', 'b', 'list', 'é"\\', '__proto__', '')
const { tree: anyValue } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, 0, -1.5e-7, 123456, '', 'x\n{"y":[', '😀', '\u2028'),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.uniqueArray(fc.tuple(anyKey, tie('tree')), { maxLength: 4, selector: ([key]) => key }).map((pairs) => {
      const object: Record<string, unknown> = Object.create(null)
      for (const [key, value] of pairs) object[key] = value
      return object
    }),
  ),
}))
const anyDocument = anyValue.filter((value) => typeof value === 'object' && value !== null)
const anyPaths = fc.constantFrom(
  [''],
  ['*'],
  ['a'],
  ['*.a', 'b'],
  ['list.*'],
  ['*.*.*'],
  ['a.list.*.b', 'b.*'],
)

describe('JsonItems', () => {
  it('gives the same items however the bytes are cut', () => {
    const layouts = fc.constantFrom(undefined, 1, '\t')
    fc.assert(
      fc.property(
        fc.array(anyDocument, { maxLength: 3 }),
        anyPaths,
        layouts,
        anyCuts,
        (documents, paths, space, cuts) => {
          const text = documents.map((one) => JSON.stringify(one, null, space)).join('\n')
          const whole = read(paths, text)
          expect(whole.broken).toEqual([])
          expect(whole.documents).toBe(documents.length)
          expect(read(paths, text, cuts)).toEqual(whole)
        },
      ),
    )
  })

  it('gives a whole line and its bytes alike', () => {
    fc.assert(
      fc.property(fc.array(anyDocument, { maxLength: 4 }), anyPaths, (documents, paths) => {
        const lines = documents.map((one) => `${JSON.stringify(one)}\n`)
        const { items, broken, target } = collector()
        const json = new JsonItems(paths, target)
        for (const line of lines) expect(json.wholeLine(line)).toBe(true)
        expect({ items, broken, cut: json.end(), documents: json.documents }).toEqual(
          read(paths, lines.join('')),
        )
      }),
    )
  })

  it('gives the values that the patterns name, with their keys', () => {
    const { items } = read(
      ['runs.*.steps.*'],
      '{"x":[1],"runs":{"r":{"steps":[{"n":1},2]},"s":{"steps":[]}}}',
    )
    expect(items).toEqual([
      { path: 'runs.*.steps.*', value: { n: 1 }, line: 1, keys: ['runs', 'r', 'steps', 0] },
      { path: 'runs.*.steps.*', value: 2, line: 1, keys: ['runs', 'r', 'steps', 1] },
    ])
  })

  it('gives rows alike from lines and from a list', () => {
    const values = (text: string) => read(['', '[]'], text).items.map((one) => [one.value, one.line])
    expect(values('{"a":1}\n{"a":[2]}\n')).toEqual([
      [{ a: 1 }, 1],
      [{ a: [2] }, 2],
    ])
    expect(values('[\n {"a":1},\n {"a":[2]}\n]')).toEqual([
      [{ a: 1 }, 2],
      [{ a: [2] }, 3],
    ])
    expect(values('{"0":1}')).toEqual([[{ 0: 1 }, 1]])
  })

  it('says on which line an item begins', () => {
    const { items } = read(['*'], '\n[\r\n {"a":\n1},\n 2\n]\n', [3, 9])
    expect(items.map((one) => [one.value, one.line])).toEqual([
      [{ a: 1 }, 3],
      [2, 5],
    ])
  })

  it('stays total on any bytes', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ',',
      ':',
      '\n',
      '\\',
      '1',
      'null',
      '{"a":',
      '\u0000',
      '\ufeff',
    )
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(pieces, { maxLength: 60 }).map((parts) => new TextEncoder().encode(parts.join(''))),
    )
    fc.assert(
      fc.property(hostile, anyPaths, anyCuts, (bytes, paths, cuts) => {
        const whole = read(paths, bytes)
        expect(read(paths, bytes, cuts)).toEqual(whole)
      }),
      { numRuns: 500 },
    )
  })

  it('loses one line to one bad line, wherever that was cut outside a list', () => {
    const good = '{"a":{"list":[{"n":1},{"n":2}],"s":"x"},"b":[1,2]}'
    for (const paths of [[''], ['a'], ['a.list.*'], ['b.*'], ['z']]) {
      const clean = read(paths, `${good}\n`).items.map((one) => one.value)
      for (let cut = 1; cut < good.length; cut++) {
        // There, the next line may be an element: `importers/read.ts` knows better.
        if (/(\[|\},|1,)$/.test(good.slice(0, cut)) && !/"b"$/.test(good.slice(0, cut))) continue
        const text = `${good}\n${good.slice(0, cut)}\n${good}\n`
        const { items, broken, documents } = read(paths, text)
        const after = items.filter((one) => one.line === 3).map((one) => one.value)
        expect(after, `cut at ${cut}: ${good.slice(0, cut)}`).toEqual(clean)
        expect(broken.map((one) => one.line)).toEqual([2])
        expect(documents).toBe(2)
      }
    }
  })

  it('says when the document is cut off', () => {
    const { cut, broken, items } = read(['a.*'], '{"a":[1,2')
    expect(items.map((one) => one.value)).toEqual([1, 2])
    expect(cut).toBe(true)
    expect(broken).toEqual([{ line: 1, reason: 'the document is cut off' }])
  })

  it('drops a byte-order mark', () => {
    expect(read([''], '\ufeff{"a":1}\n', [1, 2]).items[0]!.value).toEqual({ a: 1 })
  })

  it('reports a value beyond the limit and reads the next', () => {
    const { items, broken } = read(['*'], `[{"x":"${'y'.repeat(100)}"},{"x":1}]`, [20, 50, 90], 32)
    expect(broken).toEqual([{ line: 1, reason: 'a value is larger than 32 bytes' }])
    expect(items.map((one) => one.value)).toEqual([{ x: 1 }])
  })

  it('reads nesting without end as one broken or one deep value, in bounded memory', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const { items, broken } = read(['z'], `{"y":${deep},"z":1}\n{"z":2}\n`)
    expect(broken).toEqual([])
    expect(items.map((one) => one.value)).toEqual([1, 2])
    const asked = read(['y', 'z'], `{"y":${deep},"z":1}\n`)
    expect(asked.broken).toEqual([{ line: 1, reason: 'a value nests deeper than 256 levels' }])
    expect(asked.items.map((one) => one.value)).toEqual([1])
    expect(read(['*.z'], '['.repeat(100_000)).cut).toBe(true)
  })
})
