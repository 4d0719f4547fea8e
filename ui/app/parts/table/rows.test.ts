import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arranged, nextSort, sortOf, sortText, windowOf } from './rows.ts'

interface Row {
  readonly name: string
  readonly n: number | null
}

const rows: readonly Row[] = [
  { name: 'pool 10', n: 3 },
  { name: 'pool 9', n: null },
  { name: 'tunnel', n: 12 },
]
const value = (row: Row, column: string) => (column === 'n' ? row.n : row.name)
const names = (found: readonly Row[]) => found.map(({ name }) => name)

describe('rows of a table', () => {
  it('sort by value, numbers in names included, with what is missing last either way', () => {
    const by = (column: string, down: boolean) => names(arranged(rows, { sort: { column, down }, value }))
    expect(by('n', false)).toEqual(['pool 10', 'tunnel', 'pool 9'])
    expect(by('n', true)).toEqual(['tunnel', 'pool 10', 'pool 9'])
    expect(by('name', false)).toEqual(['pool 9', 'pool 10', 'tunnel'])
  })

  it('fit a filter when every word of it occurs', () => {
    const filtered = (filter: string) => names(arranged(rows, { filter, text: ({ name }) => name }))
    expect(filtered('POOL 9')).toEqual(['pool 9'])
    expect(filtered('  ')).toHaveLength(3)
    expect(filtered('pool tunnel')).toEqual([])
  })

  it('keep their order in the address', () => {
    expect(sortOf('-n', ['n'])).toEqual({ column: 'n', down: true })
    expect(sortText(sortOf('-n', ['n']))).toBe('-n')
    expect(sortOf('other', ['n'])).toBeUndefined()
    expect(sortText(undefined)).toBe('')
  })

  it('are turned by a second click on the head and back to their own order by a third', () => {
    const first = nextSort(undefined, 'n', true)
    const second = nextSort(first, 'n', true)
    expect([first, second, nextSort(second, 'n', true)]).toEqual([
      { column: 'n', down: true },
      { column: 'n', down: false },
      undefined,
    ])
    expect(nextSort(second, 'name', false)).toEqual({ column: 'name', down: false })
  })

  it('in view are all drawn, and few others', () => {
    fc.assert(
      fc.property(
        fc.nat(3_000_000),
        fc.integer({ min: 1, max: 2_000 }),
        fc.constantFrom(30, 46),
        fc.nat(100_000),
        (top, height, rowHeight, total) => {
          const { from, to } = windowOf(top, height, rowHeight, total)
          expect(from).toBeGreaterThanOrEqual(0)
          expect(to).toBeLessThanOrEqual(total)
          expect(to - from).toBeLessThanOrEqual(Math.ceil(height / rowHeight) + 18)
          for (const y of [top, top + height - 1]) {
            const row = Math.floor(y / rowHeight)
            if (row < total) expect(row >= from && row < to).toBe(true)
          }
        },
      ),
    )
  })
})
