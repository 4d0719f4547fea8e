import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerTexts, isCertainDns, readDns, splitDnsStream } from './dns.ts'

/** Bytes from numbers, and texts as ASCII. */
function bytes(...parts: (number | string)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((p) => (typeof p === 'number' ? [p] : [...p].map((c) => c.charCodeAt(0)))),
  )
}

/** Header for one question and `answers` answers. */
function header(flags: number, answers: number): number[] {
  return [0x12, 0x34, flags >> 8, flags & 255, 0, 1, 0, answers, 0, 0, 0, 0]
}

const question = [3, 'www', 7, 'example', 3, 'com', 0, 0, 1, 0, 1]
const query = bytes(...header(0x0100, 0), ...question)

describe('readDns', () => {
  it('reads a question', () => {
    expect(readDns(query)).toMatchObject({
      id: 0x1234,
      response: false,
      questions: [{ name: 'www.example.com', type: 'A' }],
      answers: [],
      complete: true,
    })
  })

  it('follows compressed names through CNAME and A', () => {
    const reply = bytes(
      ...header(0x8180, 2),
      ...question,
      ...[0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 7, 4, 'edge', 0xc0, 16],
      ...[4, 'edge', 0xc0, 16, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 9],
    )
    const message = readDns(reply)
    expect(message?.answers).toEqual([
      { name: 'www.example.com', type: 'CNAME', ttlSeconds: 60, value: 'edge.example.com' },
      { name: 'edge.example.com', type: 'A', ttlSeconds: 60, value: '203.0.113.9' },
    ])
    expect(message?.rcode).toBe('NOERROR')
  })

  it('reads AAAA, TXT and the hints of HTTPS', () => {
    const reply = bytes(
      ...header(0x8180, 3),
      ...question,
      ...[0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 1, 0, 16, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5],
      ...[0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 1, 0, 6, 2, 'ab', 2, 'c', 1],
      ...[
        0xc0,
        12,
        0,
        65,
        0,
        1,
        0,
        0,
        0,
        1,
        0,
        22,
        0,
        1,
        0,
        0,
        1,
        0,
        3,
        2,
        'h3',
        0,
        4,
        0,
        4,
        192,
        0,
        2,
        1,
        0,
        5,
        0,
        0,
      ],
    )
    const message = readDns(reply)
    expect(message && answerTexts(message)).toEqual([
      '2001:db8::5',
      'abc\\x01',
      '1 . alpn=h3 ech',
      '192.0.2.1',
    ])
  })

  it('refuses a name that points at itself', () => {
    expect(readDns(bytes(...header(0x0100, 0), 0xc0, 12, 0, 1, 0, 1))).toBeUndefined()
  })

  it('escapes what a label should not hold', () => {
    const message = readDns(bytes(...header(0x0100, 0), 4, 'a.', 0xff, ' ', 0, 0, 10, 0, 1))
    expect(message?.questions[0]).toEqual({ name: 'a\\.\\255\\032', type: 'NULL' })
  })

  it('says so when the bytes end too soon', () => {
    const reply = bytes(...header(0x8180, 1), ...question, 0xc0, 12, 0, 1, 0, 1)
    expect(readDns(reply)).toMatchObject({ complete: false, answers: [] })
    expect(readDns(query.subarray(0, 20))).toBeUndefined()
  })

  it('is total', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (tail) => {
        readDns(tail)
        readDns(bytes(...header(0x8180, 9), ...question, ...tail))
      }),
    )
  })
})

describe('isCertainDns', () => {
  it('knows a plain question and nothing that merely resembles one', () => {
    expect(isCertainDns(query)).toBe(true)
    expect(isCertainDns(bytes(...query, 0))).toBe(false)
    expect(isCertainDns(bytes(...header(0x0100, 0), ...question.slice(0, -1), 9))).toBe(false)
    expect(isCertainDns(new Uint8Array(40))).toBe(false)
  })
})

describe('splitDnsStream', () => {
  it('cuts messages off their length and keeps what is incomplete', () => {
    const stream = bytes(0, 3, 'abc', 0, 2, 'de', 0, 9, 'f')
    const { messages, rest } = splitDnsStream(stream)
    expect(messages).toEqual([bytes('abc'), bytes('de')])
    expect(rest).toBe(9)
  })
})
