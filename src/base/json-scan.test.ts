import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonDepthMax } from './json-depth.ts'
import { JsonScan } from './json-scan.ts'

function passes(text: string): boolean {
  const scan = new JsonScan()
  scan.start(text)
  scan.pass()
  return !scan.failed && scan.atEnd()
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('JsonScan', () => {
  it('passes over whatever JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
        expect(passes(JSON.stringify(JSON.parse(text), null, indent))).toBe(true)
      }),
    )
  })

  it('fails where JSON.parse fails', () => {
    const piece = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '"a"',
        '1',
        '-',
        '0',
        '01',
        '1.',
        '1.5',
        'e',
        '1e5',
        'E+',
        'true',
      ],
      ...[
        'null',
        'nul',
        ' ',
        '\n',
        '\\',
        '\\u00e9',
        '\\u00',
        '\\x',
        '"\\n"',
        '\u0001',
        'é',
        '"\u0001"',
        '\u00a0',
      ],
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('')
        expect(passes(text), text).toBe(parses(text))
      }),
      { numRuns: 5_000 },
    )
  })

  it('fails where one character of JSON is exchanged, exactly when JSON.parse does', () => {
    const text = '{"a":[1,-2.5e3,"x\\u00e9\\n",true,null],"b":{"c":[],"d":{}}}'
    for (let i = 0; i < text.length; i++) {
      for (const stranger of [
        '"',
        '\\',
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '0',
        '.',
        'e',
        ' ',
        '',
        'u',
        '\u0000',
      ]) {
        const other = text.slice(0, i) + stranger + text.slice(i + 1)
        expect(passes(other), other).toBe(parses(other))
      }
    }
  })

  it('reads strings as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const scan = new JsonScan()
        scan.start(` ${JSON.stringify(value)}`)
        expect(scan.string()).toBe(value)
        expect(scan.failed).toBe(false)
      }),
    )
  })

  it('fails on what nests too deep, without a full call stack', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
    expect(passes(nested(jsonDepthMax))).toBe(true)
    expect(passes(nested(jsonDepthMax + 1))).toBe(false)
    expect(passes('['.repeat(1_000_000))).toBe(false)
  })
})
