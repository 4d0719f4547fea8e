import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineJsonImporter, defineJsonLinesImporter, type Sink } from './api.ts'
import { headOf, openReader } from './read.ts'

interface Read {
  readonly items: { readonly value: unknown; readonly line: number }[]
  readonly rejects: { readonly line: number; readonly reason: string }[]
  cut?: boolean
}

function readJson(items: readonly string[], text: string, chunkBytes = 65_536): Read {
  const read: Read = { items: [], rejects: [] }
  const importer = defineJsonImporter({
    id: 'x',
    name: 'x',
    family: 'agent',
    documentation: '',
    recognises: () => true,
    items,
    start: () => ({
      item: (_path, value, line) => read.items.push({ value, line }),
      end: (cut) => {
        read.cut = cut
      },
    }),
  })
  feed(openReader(importer, rejectsOnly(read), { path: 'x' }), text, chunkBytes)
  return read
}

function feed(reader: { chunk(bytes: Uint8Array): void; end(): void }, text: string, chunkBytes: number) {
  const bytes = new TextEncoder().encode(text)
  for (let from = 0; from < bytes.length; from += chunkBytes)
    reader.chunk(bytes.slice(from, from + chunkBytes))
  reader.end()
}

function rejectsOnly(read: Read): Sink {
  const none = () => {}
  return {
    event: none,
    toolCall: none,
    outcome: none,
    episode: none,
    box: none,
    skip: none,
    reject: (line, reason) => read.rejects.push({ line, reason }),
  }
}

describe('openReader on JSON', () => {
  const good = '{"a":{"list":[{"n":1},{"n":2}],"s":"x"},"b":[1,2]}'

  it('loses one line to one bad line, wherever that was cut', () => {
    for (const paths of [[''], ['a'], ['a.list.*'], ['b.*'], ['z']]) {
      const clean = readJson(paths, good).items.map((one) => one.value)
      for (let cut = 1; cut < good.length; cut++) {
        const { items, rejects } = readJson(paths, `${good}\n${good.slice(0, cut)}\n${good}\n${good}\n`, 16)
        for (const line of [1, 3, 4]) {
          const values = items.filter((one) => one.line === line).map((one) => one.value)
          expect(values, `line ${line}, cut at ${cut}: ${good.slice(0, cut)}`).toEqual(clean)
        }
        expect(rejects.map((one) => one.line)).toEqual([2])
      }
    }
  })

  it('gives the same for a document on one line, laid out over lines, and cut into chunks', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 40 }), (value, chunkBytes) => {
        const document = { list: [value, value], rest: value }
        const flat = readJson(['list.*', 'rest'], JSON.stringify(document), chunkBytes)
        const laidOut = readJson(['list.*', 'rest'], JSON.stringify(document, null, 2), chunkBytes)
        const values = (read: Read) => read.items.map((one) => one.value)
        expect(flat.rejects).toEqual([])
        expect(values(flat)).toEqual(JSON.parse(JSON.stringify([value, value, value])))
        expect(values(laidOut)).toEqual(values(flat))
      }),
    )
  })

  it('reads elements that each begin a line', () => {
    const text = '[\n{"n":1},\n{"n":2}\n]\n'
    for (const chunk of [1, 5, 100]) {
      const { items, rejects } = readJson(['*'], text, chunk)
      expect(rejects).toEqual([])
      expect(items).toEqual([
        { value: { n: 1 }, line: 2 },
        { value: { n: 2 }, line: 3 },
      ])
    }
  })

  it('says that the document is cut off', () => {
    const { cut, rejects, items } = readJson(['*'], '[\n{"n":1},\n{"n":')
    expect(cut).toBe(true)
    expect(items).toHaveLength(1)
    expect(rejects).toEqual([{ line: 3, reason: 'the document is cut off' }])
  })
})

describe('defineJsonLinesImporter', () => {
  it('refuses what is no JSON object, with its line', () => {
    const read: Read = { items: [], rejects: [] }
    const importer = defineJsonLinesImporter({
      id: 'x',
      name: 'x',
      family: 'network',
      documentation: '',
      recognises: () => true,
      start: () => ({ row: (value, line) => read.items.push({ value, line }) }),
    })
    const text = '\ufeff{"a":1}\r\n[1]\n\nnull\n{"b":\n{"c":3}'
    feed(openReader(importer, rejectsOnly(read), { path: 'x' }), text, 3)
    expect(read.items).toEqual([
      { value: { a: 1 }, line: 1 },
      { value: { c: 3 }, line: 6 },
    ])
    expect(read.rejects.map((one) => one.line)).toEqual([2, 4, 5])
  })
})

describe('headOf', () => {
  it('gives complete lines only, at most fifty', () => {
    expect(headOf('x', new TextEncoder().encode('a\r\n\n b\nc')).lines).toEqual(['a', ' b', 'c'])
    const long = new TextEncoder().encode(`a\n${'b'.repeat(70_000)}`)
    expect(headOf('x', long).lines).toEqual(['a'])
    expect(headOf('x', new TextEncoder().encode('a\n'.repeat(100))).lines).toHaveLength(50)
  })
})
