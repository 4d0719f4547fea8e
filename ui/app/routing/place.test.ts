import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressOf, placeOf } from './place.ts'

describe('addresses', () => {
  it('lead to the overview, the sources, and the views of one source', () => {
    expect(placeOf('/', '')).toEqual({ view: 'overview', params: {} })
    expect(placeOf('/sources', '?q=demo')).toEqual({ view: 'sources', params: { q: 'demo' } })
    expect(placeOf('/s/abc', '')).toEqual({ view: 'incidents', source: 'abc', params: {} })
    expect(placeOf('/s/abc/alarms/e1', '?from=x')).toEqual({
      view: 'alarms',
      source: 'abc',
      id: 'e1',
      params: { from: 'x' },
    })
  })

  it('that lead nowhere are told apart', () => {
    for (const path of [
      '/x',
      '/s',
      '/s/abc/nothing',
      '/s/abc/overview',
      '/s/abc/alarms/e1/more',
      '/sources/abc',
    ])
      expect(placeOf(path, ''), path).toBeUndefined()
  })

  it('come back the same, whatever ids and filters hold', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((s) => !/\p{Cs}/u.test(s))
    fc.assert(
      fc.property(text, text, text, (source, id, filter) => {
        // A segment of dots alone is taken away by every browser.
        fc.pre(!/^\.+$/.test(source) && !/^\.+$/.test(id))
        const address = new URL(
          addressOf({ view: 'calls', source, id, params: { q: filter } }),
          'http://127.0.0.1',
        )
        expect(placeOf(address.pathname, address.search)).toEqual({
          view: 'calls',
          source,
          id,
          params: { q: filter },
        })
      }),
    )
  })

  it('typed by hand with a lone percent sign still open', () => {
    expect(placeOf('/s/50%/alarms', '')?.source).toBe('50%')
  })

  it('leave out filters that are empty', () => {
    expect(addressOf({ view: 'alarms', source: 'a', params: { q: '', sort: '-time' } })).toBe(
      '/s/a/alarms?sort=-time',
    )
  })
})
