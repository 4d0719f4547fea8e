import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TextColumn } from './grow.ts'
import { textIds } from './text-ids.ts'

function blobOf(texts: readonly string[]) {
  const column = new TextColumn()
  for (const text of texts) column.push(text)
  return column.finish()
}

test('the same text has the same number, over all parts, in the order of first appearance', () => {
  const text = fc.oneof(fc.constantFrom('', '1', '12', 'ä', '1618'), fc.string({ maxLength: 3 }))
  fc.assert(
    fc.property(
      fc.array(fc.array(text, { maxLength: 40 }), { maxLength: 4 }),
      fc.integer(),
      (parts, seed) => {
        const known = new Map([['', 0]])
        const wanted = parts.flat().map((one) => {
          if (!known.has(one)) known.set(one, known.size)
          return known.get(one)
        })
        expect([...textIds(parts.map(blobOf), seed)]).toEqual(wanted)
      },
    ),
  )
})

test('many texts that differ little keep their own numbers', () => {
  const texts = Array.from({ length: 50_000 }, (_, i) => `${i % 30_000}`)
  const ids = textIds([blobOf(texts.slice(0, 20_000)), blobOf(texts.slice(20_000))])
  expect(new Set(ids).size).toBe(30_000)
  expect(ids[30_007]).toBe(ids[7])
})
