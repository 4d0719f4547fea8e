import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { TopologyEntry } from '../../schema/topology.ts'
import { headOf, openReader } from '../read.ts'
import { topology } from './topology.ts'

function read(text: string) {
  const boxes: TopologyEntry[] = []
  const rejects: { line: number; reason: string }[] = []
  const none = () => {
    throw new Error('a topology file holds boxes only')
  }
  const reader = openReader(
    topology,
    {
      event: none,
      toolCall: none,
      outcome: none,
      episode: none,
      skip: none,
      box: (entry) => boxes.push(entry),
      reject: (line, reason) => rejects.push({ line, reason }),
    },
    { path: 'topology' },
  )
  for (const byte of new TextEncoder().encode(text)) reader.chunk(new Uint8Array([byte]))
  reader.end()
  return { boxes, rejects }
}

it('reads the same entry from YAML, JSON and JSON lines', () => {
  const entry = {
    box: 'b',
    host: 'h',
    ip: ['10.0.0.1'],
    nat: [{ ip: '203.0.113.1', portStart: 1, portEnd: 2 }],
  }
  const yaml = '- box: b\n  host: h\n  ip: 10.0.0.1\n  nat:\n    - 203.0.113.1:1-2\n'
  for (const text of [
    JSON.stringify([entry]),
    JSON.stringify([entry], null, 2),
    `${JSON.stringify(entry)}\n${JSON.stringify(entry)}\n`,
    JSON.stringify({ boxes: [entry] }),
    JSON.stringify({ topology: [entry] }, null, 2),
    yaml,
    `boxes:\n${yaml}`,
    `---\n${yaml}---\n${yaml}`,
  ]) {
    const { boxes, rejects } = read(text)
    expect(rejects).toEqual([])
    expect(boxes.length).toBeGreaterThan(0)
    for (const box of boxes) expect({ ...box, line: 0 }).toEqual({ ...entry, line: 0 })
    expect(topology.recognises(headOf('x', new TextEncoder().encode(text)))).toBe(true)
  }
})

it('keeps names and addresses as they were written', () => {
  const { boxes } = read('- { box: 0012, ip: [10.0.0.10] }\n- { box: no, ip: "fd00::1" }\n')
  expect(boxes.map((b) => b.box)).toEqual(['0012', 'no'])
})

it('points at the line of a bad entry, says what to write, and keeps the others', () => {
  const { boxes, rejects } = read(
    '- box: a\n  ip: 10.0.0.1\n- box: b\n  adress: 10.0.0.2\n- box: c\n  ipp: 10.0.0.3\n',
  )
  expect(boxes.map((b) => b.box)).toEqual(['a'])
  expect(rejects).toEqual([
    { line: 3, reason: expect.stringContaining('unknown key "adress"') },
    { line: 5, reason: 'unknown key "ipp"; did you mean `ip`?' },
  ])
})

it('refuses a time without a zone', () => {
  expect(read('[{"box":"a","ip":[],"from":"2026-03-07T09:00:00"}]').rejects[0]?.reason).toContain('no zone')
  expect(read('[{"box":"a","ip":[],"from":"2026-03-07T09:00+08:00"}]').boxes[0]?.fromUs).toBe(1772845200e6)
})

it('reads a NAT range open at one side', () => {
  const { boxes } = read('- { box: a, nat: { ip: 203.0.113.1, portStart: 40000 } }')
  expect(boxes[0]?.nat).toEqual([{ ip: '203.0.113.1', portStart: 40000, portEnd: 65535 }])
})

it('ends on deep nesting and on aliases of aliases', () => {
  expect(read('['.repeat(10_000)).rejects.length).toBeGreaterThan(0)
  const bomb = ['- &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 9; i++)
    bomb.push(
      `- &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    )
  expect(read(bomb.join('\n')).rejects[0]?.reason).toContain('nodes')
})

it('never throws and always answers for a text that is not blank', () => {
  const piece = fc.constantFrom(
    'box',
    ': ',
    '- ',
    '\n',
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    'ip',
    '10.0.0.1',
    '&a',
    '*a',
    '<<',
    '  ',
    '|',
    '?',
    '!',
    '%',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 40 }).map((p) => p.join('')),
        fc.string(),
      ),
      (text) => {
        const { boxes, rejects } = read(text)
        for (const box of boxes) expect(box.box).not.toBe('')
        for (const reject of rejects) expect(reject.line).toBeGreaterThan(0)
      },
    ),
    { numRuns: 300 },
  )
})
