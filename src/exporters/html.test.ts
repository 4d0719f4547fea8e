import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { embedJson, html } from './html.ts'

describe('html', () => {
  it('puts values in as text, wherever they stand', () => {
    const evil = `"><img src=x onerror='alert(1)'>\`</script>`
    expect(html`<a title="${evil}">${evil}</a>`.html).not.toMatch(/<img|<\/script|" ?onerror/)
  })

  it('lets no text begin a tag, an entity or an attribute of its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const out = html`${text}`.html
        expect(out).not.toMatch(/[<>"'`]|&(?!(amp|lt|gt|quot|#39|#96);)/)
        expect(out).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u2028\u2029]/)
      }),
    )
  })

  it('nests what it made itself and leaves out what is absent', () => {
    expect(html`<p>${html`<b>${1}</b>`}${[html`<i>`, html`</i>`]}${null}${undefined}${false}</p>`.html).toBe(
      '<p><b>1</b><i></i></p>',
    )
  })
})

describe('embedJson', () => {
  it('comes back as what went in, and cannot end its element', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
        const data = { value, text, fixed: '</script><!--<script>\u2028\u2029&' }
        const out = embedJson(data)
        expect(out).not.toMatch(/[<>&\u2028\u2029]/)
        expect(JSON.parse(out)).toEqual(JSON.parse(JSON.stringify(data)))
      }),
    )
  })
})
