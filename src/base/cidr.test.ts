import fc from 'fast-check'
import { expect, it } from 'vitest'
import { embeddedV4, inRange, ipGroups, parseRange, rangeText } from './cidr.ts'
import { canonicalIp } from './ip.ts'

it.each([
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['203.0.113.128/25', '203.0.113.127', false],
  ['203.0.113.128/25', '203.0.113.128', true],
  ['0.0.0.0/0', '255.255.255.255', true],
  ['0.0.0.0/0', '::1', false],
  ['fc00::/7', 'fdff::1', true],
  ['fc00::/7', 'fe00::1', false],
  ['2001:db8::/33', '2001:db8:7fff::', true],
  ['2001:db8::/33', '2001:db8:8000::', false],
  ['198.51.100.7', '198.51.100.7', true],
])('%s holds %s: %s', (range, ip, expected) => {
  expect(inRange(ipGroups(ip)!, parseRange(range)!)).toBe(expected)
})

it.each(['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', 'a/8', '', '/8', '10.0.0.0/8/8'])(
  '%j is no range',
  (text) => {
    expect(parseRange(text)).toBeUndefined()
  },
)

it('every range holds its own first address, and its text is read as itself', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 0, max: 128 }), (ip, bits) => {
      const range = parseRange(`${ip}/${bits}`)
      if (range === undefined) {
        expect(bits).toBeGreaterThan(32)
        return
      }
      expect(inRange(ipGroups(canonicalIp(ip)!)!, range)).toBe(true)
      expect(parseRange(rangeText(range))).toEqual(range)
    }),
  )
})

it.each([
  ['64:ff9b::192.0.2.33', '192.0.2.33'],
  ['64:ff9b:1::c000:221', '192.0.2.33'],
  ['2002:c000:221::1', '192.0.2.33'],
  ['2001:0:4136:e378:8000:63bf:3fff:fdde', '192.0.2.33'],
  ['::ffff:0:192.0.2.33', '192.0.2.33'],
  ['::192.0.2.33', '192.0.2.33'],
  ['::1', undefined],
  ['::', undefined],
  ['2001:db8::1', undefined],
  ['192.0.2.33', undefined],
])('%s carries %s', (ip, v4) => expect(embeddedV4(canonicalIp(ip)!)).toBe(v4))
