import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readOtlp } from './otlp.ts'
import { wireFields } from './protobuf.ts'

/** What an exporter writes: the other half of the wire format, for what stands in these tests. */
function varint(value: bigint): number[] {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return bytes
}
const tag = (field: number, wire: number) => varint(BigInt((field << 3) | wire))
const bytes = (field: number, value: readonly number[]) => [
  ...tag(field, 2),
  ...varint(BigInt(value.length)),
  ...value,
]
const text = (field: number, value: string) => bytes(field, [...new TextEncoder().encode(value)])
const number = (field: number, value: bigint) => [...tag(field, 0), ...varint(value)]
const fixed = (field: number, value: bigint) => {
  const eight = new Uint8Array(8)
  new DataView(eight.buffer).setBigUint64(0, value, true)
  return [...tag(field, 1), ...eight]
}
const double = (field: number, value: number) => {
  const eight = new Uint8Array(8)
  new DataView(eight.buffer).setFloat64(0, value, true)
  return [...tag(field, 1), ...eight]
}

type Plain = string | bigint | number | boolean | readonly Plain[] | { readonly [key: string]: Plain }

function any(value: Plain): number[] {
  if (typeof value === 'string') return text(1, value)
  if (typeof value === 'boolean') return number(2, value ? 1n : 0n)
  if (typeof value === 'bigint') return number(3, value)
  if (typeof value === 'number') return double(4, value)
  if (isList(value))
    return bytes(
      5,
      value.flatMap((item) => bytes(1, any(item))),
    )
  return bytes(
    6,
    Object.entries(value).flatMap(([key, item]) => bytes(1, pair(key, item))),
  )
}
function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value)
}
const pair = (key: string, value: Plain) => [...text(1, key), ...bytes(2, any(value))]
const attributes = (field: number, of: Readonly<Record<string, Plain>>) =>
  Object.entries(of).flatMap(([key, value]) => bytes(field, pair(key, value)))

const span = [
  ...bytes(1, [0x5b, 0x8e, 0, 0xff]),
  ...bytes(2, [0xee, 0x19]),
  ...text(5, 'execute_tool bash'),
  ...number(6, 1n),
  ...fixed(7, 1_764_000_000_123_456_789n),
  ...fixed(8, 1_764_000_001_123_456_789n),
  ...attributes(9, {
    'gen_ai.tool.call.id': 'call_1',
    n: -5n,
    big: 9_007_199_254_740_993n,
    p: 0.25,
    ok: true,
  }),
  ...bytes(15, number(3, 2n)),
  // A field of a newer version, and one of 32 bits that nobody asks for.
  ...text(900, 'new'),
  ...[...tag(16, 5), 1, 0, 0, 0],
]
const traces = bytes(1, [
  ...bytes(1, attributes(1, { 'host.name': 'w1' })),
  ...bytes(2, [...bytes(1, text(1, 'agent')), ...bytes(2, span), ...bytes(2, span)]),
])

describe('OTLP in protocol buffers', () => {
  it('is read as its JSON would be: ids as hex, nanoseconds and large integers with all digits', () => {
    const attribute = (key: string, value: object) => ({ key, value })
    const expected = {
      traceId: '5b8e00ff',
      spanId: 'ee19',
      name: 'execute_tool bash',
      kind: 1,
      startTimeUnixNano: '1764000000123456789',
      endTimeUnixNano: '1764000001123456789',
      attributes: [
        attribute('gen_ai.tool.call.id', { stringValue: 'call_1' }),
        attribute('n', { intValue: '-5' }),
        attribute('big', { intValue: '9007199254740993' }),
        attribute('p', { doubleValue: 0.25 }),
        attribute('ok', { boolValue: true }),
      ],
      status: { code: 2 },
    }
    expect(readOtlp('traces', Uint8Array.from(traces))).toEqual({
      resourceSpans: [
        {
          resource: { attributes: [attribute('host.name', { stringValue: 'w1' })] },
          scopeSpans: [{ scope: { name: 'agent' }, spans: [expected, expected] }],
        },
      ],
    })
  })

  it('is read for logs, with what maps and lists hold', () => {
    const record = [
      ...fixed(1, 1_764_000_000_000_000_000n),
      ...bytes(5, any('claude_code.tool_result')),
      ...attributes(6, { input: { command: 'ls', list: ['a', 1n] }, ['__proto__']: 'x' }),
      ...text(12, 'tool_result'),
    ]
    const request = bytes(1, bytes(2, bytes(2, record)))
    expect(readOtlp('logs', Uint8Array.from(request))).toMatchObject({
      resourceLogs: [
        {
          scopeLogs: [
            {
              logRecords: [
                {
                  timeUnixNano: '1764000000000000000',
                  body: { stringValue: 'claude_code.tool_result' },
                  eventName: 'tool_result',
                  attributes: [
                    {
                      key: 'input',
                      value: {
                        kvlistValue: {
                          values: [
                            { key: 'command', value: { stringValue: 'ls' } },
                            {
                              key: 'list',
                              value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }] } },
                            },
                          ],
                        },
                      },
                    },
                    { key: '__proto__', value: { stringValue: 'x' } },
                  ],
                },
              ],
            },
          ],
        },
      ],
    })
  })

  it('is nothing when it is cut off, wherever that is, or is less of the same', () => {
    for (let end = 1; end < traces.length; end++)
      expect(readOtlp('traces', Uint8Array.from(traces.slice(0, end))), `${end}`).toBeUndefined()
  })

  it('takes any bytes without failing', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(traces.length - 1),
        fc.nat(255),
        (noise, at, byte) => {
          for (const kind of ['traces', 'logs'] as const) readOtlp(kind, noise)
          const flipped = Uint8Array.from(traces)
          flipped[at] = byte
          readOtlp('traces', flipped)
          JSON.stringify(readOtlp('logs', flipped))
        },
      ),
    )
  })

  it('ends with what is nested without end, or has fields without end', () => {
    let deep = any('x')
    for (let i = 0; i < 400; i++) deep = bytes(5, bytes(1, deep))
    const record = bytes(1, bytes(2, bytes(2, bytes(5, deep))))
    expect(readOtlp('logs', Uint8Array.from(record))).toBeUndefined()
    expect(wireFields(new Uint8Array(500_000).fill(8))).toBeUndefined()
    const many = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i % 2 === 0 ? 10 : 0))
    expect(readOtlp('logs', many)).toBeUndefined()
    const span = (id: number) => Uint8Array.from(bytes(1, bytes(2, bytes(2, bytes(1, Array(id).fill(7))))))
    expect(JSON.stringify(readOtlp('traces', span(16)))).toContain('"traceId":"0707')
    expect(readOtlp('traces', span(100))).toBeUndefined()
  })

  it('refuses groups, field 0, and numbers that do not end', () => {
    for (const wrong of [[0x0b], [0x00, 0x01], [0x08, ...Array<number>(11).fill(0xff)], [0x0a, 0x05, 1]])
      expect(wireFields(Uint8Array.from(wrong)), String(wrong)).toBeUndefined()
  })
})
