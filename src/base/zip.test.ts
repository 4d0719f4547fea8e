import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findZipEnd, readZip64End, readZipDirectory, zipDataOffset, zipTailBytes } from './zip.ts'

interface Entry {
  readonly name: string
  readonly data: string
  readonly method?: number
  readonly flags?: number
  /** Declared instead of the true size. */
  readonly bytes?: number
  /** Points at another member's header instead of its own. */
  readonly at?: number
}

/** A zip as APPNOTE 6.3 lays it out; `zip64` writes the wide end records. */
function makeZip(entries: readonly Entry[], { prefix = 0, zip64 = false, comment = '' } = {}): Uint8Array {
  const chunks: Buffer[] = [Buffer.alloc(prefix, 0x23)]
  const directory: Buffer[] = []
  let at = 0
  for (const entry of entries) {
    const data = Buffer.from(entry.data)
    const body = (entry.method ?? 8) === 8 ? deflateRawSync(data) : data
    const name = Buffer.from(entry.name)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(name.length, 26)
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50, 0)
    central.writeUInt16LE(entry.flags ?? 0x800, 8)
    central.writeUInt16LE(entry.method ?? 8, 10)
    central.writeUInt32LE(body.length, 20)
    central.writeUInt32LE(entry.bytes ?? data.length, 24)
    central.writeUInt16LE(name.length, 28)
    central.writeUInt32LE(entry.at ?? at, 42)
    if (zip64) {
      const extra = Buffer.alloc(12)
      extra.writeUInt16LE(1, 0)
      extra.writeUInt16LE(8, 2)
      extra.writeBigUInt64LE(BigInt(entry.at ?? at), 4)
      central.writeUInt32LE(0xffffffff, 42)
      central.writeUInt16LE(12, 30)
      directory.push(central, name, extra)
    } else directory.push(central, name)
    chunks.push(local, name, body)
    at += local.length + name.length + body.length
  }
  const central = Buffer.concat(directory)
  chunks.push(central)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(zip64 ? 0xffff : entries.length, 10)
  end.writeUInt32LE(zip64 ? 0xffffffff : central.length, 12)
  end.writeUInt32LE(zip64 ? 0xffffffff : at, 16)
  end.writeUInt16LE(comment.length, 20)
  if (zip64) {
    const wide = Buffer.alloc(56)
    wide.writeUInt32LE(0x06064b50, 0)
    wide.writeBigUInt64LE(BigInt(entries.length), 32)
    wide.writeBigUInt64LE(BigInt(central.length), 40)
    wide.writeBigUInt64LE(BigInt(at), 48)
    const locator = Buffer.alloc(20)
    locator.writeUInt32LE(0x07064b50, 0)
    locator.writeBigUInt64LE(BigInt(at + central.length), 8)
    chunks.push(wide, locator)
  }
  return new Uint8Array(Buffer.concat([...chunks, end, Buffer.from(comment)]))
}

function open(zip: Uint8Array) {
  let end = findZipEnd(zip.subarray(Math.max(0, zip.length - zipTailBytes)), zip.length)
  if (end.kind === 'zip64') {
    end = readZip64End(zip.subarray(end.place.offset, end.place.offset + 56), end.place)
  }
  if (end.kind !== 'directory')
    return { members: [], problems: [], reason: end.kind === 'broken' ? end.reason : '' }
  const { offset, bytes } = end.place
  return { ...readZipDirectory(zip.subarray(offset, offset + bytes), end.shift, offset), reason: undefined }
}

const two: Entry[] = [
  { name: 'samples/1_epoch_1.json', data: '{"id":1}' },
  { name: 'header.json', data: '{}', method: 0 },
]

describe('a zip', () => {
  it.each([
    ['plain', {}],
    ['behind a script', { prefix: 77 }],
    ['with a comment', { comment: 'PK made by hand' }],
    ['with ZIP64 records', { zip64: true }],
  ])('is read %s', (_, options) => {
    const zip = makeZip(two, options)
    const { members, problems, reason } = open(zip)
    expect(reason).toBeUndefined()
    expect(problems).toEqual([])
    expect(members.map((one) => [one.name, one.method, one.bytes])).toEqual([
      ['samples/1_epoch_1.json', 'deflate', 8],
      ['header.json', 'stored', 2],
    ])
    const [, stored] = members
    const at = zipDataOffset(zip.subarray(stored!.headerOffset, stored!.headerOffset + 30), stored!)
    expect(new TextDecoder().decode(zip.subarray(at, at! + 2))).toBe('{}')
  })

  it('that is cut off says so', () => {
    expect(open(makeZip(two).slice(0, -1)).reason).toContain('cut off')
  })

  it('keeps the last of two members with one name, and tells', () => {
    const { members, problems } = open(makeZip([...two, { name: 'header.json', data: '{"b":1}', method: 0 }]))
    expect(members.map((one) => one.bytes)).toEqual([8, 7])
    expect(problems[0]?.reason).toContain('same name')
  })

  it('whose members share bytes gives out only the first', () => {
    const { members, problems } = open(
      makeZip([two[0]!, { name: 'b', data: '{"id":2}', at: 0 }, { name: 'c', data: 'x', at: 3 }]),
    )
    expect(members.map((one) => one.name)).toEqual(['samples/1_epoch_1.json'])
    expect(problems.map((one) => one.reason)).toEqual(['overlaps another member', 'overlaps another member'])
  })

  it('refuses what unfolds too far, is encrypted, or in an unknown method', () => {
    const { members, problems } = open(
      makeZip([
        { name: 'bomb', data: 'x', bytes: 0xfffffff0 },
        { name: 'secret', data: 'x', flags: 0x801 },
        { name: 'lzma', data: 'x', method: 14 },
        { name: 'liar', data: 'x', method: 0, bytes: 9 },
      ]),
    )
    expect(members).toEqual([])
    expect(problems.map((one) => one.reason)).toEqual([
      'unfolds to more than 2000 times its size',
      'encrypted',
      'compression method 14 is not known',
      'stored, with two different sizes',
    ])
  })

  it('never throws, whatever its bytes, and never points outside itself', () => {
    const base = makeZip(two, { zip64: true })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.nat(base.length),
        (flips, length) => {
          const zip = base.slice(0, length)
          for (const [at, value] of flips) if (at < zip.length) zip[at] = value
          for (const member of open(zip).members) {
            expect(member.headerOffset + 30 + member.compressedBytes).toBeLessThanOrEqual(zip.length)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})
