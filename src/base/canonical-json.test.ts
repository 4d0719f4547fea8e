import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

describe('canonical JSON', () => {
  it('writes the example of RFC 8785', () => {
    const value = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`)
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
  })

  it('orders keys by UTF-16 units, as the RFC shows', () => {
    const value = { '€': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 }
    const keys = [...canonicalJson(value).matchAll(/:(\d)/g)].map(([, n]) => Number(n))
    expect(keys).toEqual([2, 4, 6, 7, 1, 5, 3])
  })

  it.each([
    [-0, '0'],
    [1e21, '1e+21'],
    [2 ** 53, '9007199254740992'],
    [Number.NaN, 'null'],
    [Number.POSITIVE_INFINITY, 'null'],
    ['a\ud800b', '"a\ufffdb"'],
    ['\ud83d\ude00', '"\ud83d\ude00"'],
    ['\x1b[31m\u202e', '"\\u001b[31m\u202e"'],
    [{ b: undefined, a: [undefined] }, '{"a":[null]}'],
    [JSON.parse('{"__proto__":{"x":1},"constructor":2}'), '{"__proto__":{"x":1},"constructor":2}'],
  ])('writes %j as %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })

  const value = fc.jsonValue({ stringUnit: 'binary', depthSize: 'medium' })

  it('parses back to what was written, and is then written the same', () => {
    fc.assert(
      fc.property(value, (one) => {
        const text = canonicalJson(one)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
      }),
      { numRuns: 2_000 },
    )
  })

  it('does not depend on the order in which keys were set', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.integer()), (one) => {
        const turned = Object.fromEntries(Object.entries(one).reverse())
        expect(canonicalJson(turned)).toBe(canonicalJson(one))
      }),
      { numRuns: 2_000 },
    )
  })

  it('keeps the order of many keys too', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${(i * 37) % 100}`, i]))
    expect(Object.keys(JSON.parse(canonicalJson(many)))).toEqual(Object.keys(many).sort())
  })
})
