import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonDepthMax, nestsDeeper } from './json-depth.ts'

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

describe('nestsDeeper', () => {
  it('agrees with the value', () => {
    const strings = fc.constantFrom('', '[[[[', '{"', '\\', '\\"', ']}')
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'large' }), strings, fc.nat(8), (value, text, max) => {
        const whole = { [text]: [value, text] }
        expect(nestsDeeper(JSON.stringify(whole), max)).toBe(depthOf(whole) > max)
      }),
    )
  })

  it('is not misled by many values side by side', () => {
    expect(nestsDeeper(`[${'[],'.repeat(1_000)}{}]`)).toBe(false)
    expect(nestsDeeper(JSON.stringify(['['.repeat(1_000)]))).toBe(false)
    expect(nestsDeeper('['.repeat(jsonDepthMax) + ']'.repeat(jsonDepthMax))).toBe(false)
    expect(nestsDeeper('['.repeat(jsonDepthMax + 1) + ']'.repeat(jsonDepthMax + 1))).toBe(true)
  })
})
