import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plain, visible } from './terminal.ts'

describe('visible', () => {
  it('spells out what does not print', () => {
    expect(visible('a\u202eb\u200bc\x1b[31md\u0085')).toBe('a\\u{202e}b\\u{200b}c\\x1b[31md\\u{85}')
  })

  it('keeps line feeds and tabs only where a block of text is shown', () => {
    expect(visible('a\n\tb\r', true)).toBe('a\n\tb\\r')
    expect(visible('a\nb')).toBe('a\\nb')
  })

  it('leaves ordinary text of any script alone', () => {
    const text = 'Grüße, 警报, مرحبا, naïve, 🙂, �'
    expect(visible(text)).toBe(text)
  })
})

describe('plain', () => {
  it('lets no control character through, whatever the text, and keeps to its length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 50 }), (text, max) => {
        const shown = plain(text, max)
        expect(shown).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]|\p{Cs}/u)
        expect(Array.from(shown).length).toBeLessThanOrEqual(max)
      }),
    )
  })

  it('shows that it cut', () => {
    expect(plain('abcdef', 4)).toBe('abc…')
    expect(plain('abcd', 4)).toBe('abcd')
    expect(plain('x'.repeat(1_000_000), 3)).toBe('xx…')
  })
})
