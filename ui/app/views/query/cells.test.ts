import { describe, expect, it } from 'vitest'
import { arranged } from '../../parts/table/rows.ts'
import { cellText, isNumeric, sortValue, widthOf } from './cells.ts'

describe('values of a result', () => {
  it('become one line of text', () => {
    expect(cellText('a\nb')).toBe('a\nb')
    expect(cellText([1, { x: 'y' }])).toBe('[1,{"x":"y"}]')
    expect(cellText(true)).toBe('true')
  })

  it('sort as numbers also where they are too large for one, and nothing comes last', () => {
    const cells = ['9007199254740993', '12', null]
    const sorted = arranged(cells, { sort: { column: '', down: true }, value: (cell) => sortValue(cell) })
    expect(sorted).toEqual(['9007199254740993', '12', null])
  })

  it('are aligned by their type', () => {
    expect(['BIGINT', 'UTINYINT', 'DOUBLE', 'DECIMAL(18,3)', 'HUGEINT'].every(isNumeric)).toBe(true)
    expect(['VARCHAR', 'INTERVAL', 'BIGINT[]', 'TIMESTAMP', "ENUM('INT')"].some(isNumeric)).toBe(false)
  })

  it('have columns of a bounded width', () => {
    expect(widthOf('x', 'VARCHAR', ['a'.repeat(10_000)])).toBe('420px')
    expect(Number.parseInt(widthOf('p', 'DOUBLE', []), 10)).toBeLessThan(80)
  })
})
