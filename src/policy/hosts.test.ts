import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalIp } from '../base/ip.ts'
import { readHost, readHostPort } from './hosts.ts'

/** What looks like a host to somebody, and to somebody else like another one. */
const tricky = fc
  .array(
    fc.constantFrom(
      ...[
        'a',
        'z',
        '0',
        '1',
        '9',
        '.',
        '.',
        '-',
        '_',
        'x',
        '0x',
        '127',
        '255',
        '256',
        'A',
        'É',
        'ß',
        'і',
        '。',
        '．',
        '①',
        'xn--',
        '%',
        '@',
        ':',
      ],
      ...[
        '/',
        '\\',
        '?',
        '#',
        '[',
        ']',
        ' ',
        '\0',
        '\n',
        '\u00ad',
        '\u200d',
        'example',
        'com',
        '::',
        'ffff',
        '١',
      ],
    ),
    { minLength: 1, maxLength: 10 },
  )
  .map((parts) => parts.join(''))

it('never reads a host in another way than a browser or Node would', () => {
  fc.assert(
    fc.property(tricky, (text) => {
      const read = readHost(text)
      if (read.kind === 'bad') return
      let hostname: string
      try {
        hostname = new URL(`http://${text.includes(':') && !text.startsWith('[') ? `[${text}]` : text}/`)
          .hostname
      } catch {
        return // What they refuse they do not connect to.
      }
      const theirs = hostname.replace(/\.$/, '')
      if (read.kind === 'name') expect(theirs).toBe(read.name)
      else expect(canonicalIp(theirs)).toBe(read.ip)
    }),
    { numRuns: 5_000 },
  )
})

it('reads what it wrote', () => {
  fc.assert(
    fc.property(tricky, (text) => {
      const read = readHost(text)
      if (read.kind === 'name') expect(readHost(read.name)).toEqual(read)
      if (read.kind === 'ip') expect(readHost(read.ip)).toEqual(read)
    }),
    { numRuns: 2_000 },
  )
})

it.each([
  ['a.example:443', 'a.example', 443],
  ['a.example', 'a.example', undefined],
  ['[2001:db8::1]:443', '2001:db8::1', 443],
  ['[2001:db8::1]', '2001:db8::1', undefined],
  ['2001:db8::1', '2001:db8::1', undefined],
  ['192.0.2.1:80', '192.0.2.1', 80],
])('%s is %s and port %s', (text, host, port) => {
  const read = readHostPort(text)
  expect(
    read.host.kind === 'name' ? read.host.name : read.host.kind === 'ip' ? read.host.ip : undefined,
  ).toBe(host)
  expect(read.port).toBe(port)
})

it.each(['a.example:0', 'a.example:70000', 'bad:443.a.example', 'a.example:443:80', 'a.example:'])(
  '%s is refused',
  (text) => {
    expect(readHostPort(text).host.kind).toBe('bad')
  },
)
