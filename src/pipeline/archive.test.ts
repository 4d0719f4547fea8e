import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32, deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { defineArchiveImporter } from '../importers/api.ts'
import { importers } from '../importers/registry.generated.ts'
import { archiveNames, readArchive } from './archive.ts'
import { BatchSink } from './batch.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/importers/inspect-eval', import.meta.url))
const inspectEval = importers
  .filter((one) => one.shape === 'archive')
  .find(({ id }) => id === 'inspect-eval')!

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigiles-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Hands on every item of every member. */
const anyJson = defineArchiveImporter({
  id: 'any',
  name: 'any',
  family: 'agent',
  documentation: '',
  recognises: () => true,
  itemsOf: (name) => (name.endsWith('.json') ? ['*'] : undefined),
  start: (sink) => ({
    item: (member, _path, value) => sink.skip(`${member} ${String(value)}`),
    end: () => sink.skip('end'),
  }),
})

interface Made {
  name: string
  text: string
  bytes?: number
  crc?: number
}

function zipOf(members: readonly Made[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, text, bytes, crc } of members) {
    const data = deflateRawSync(text)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(8, 4)
    fields.writeUInt32LE(crc ?? crc32(text), 10)
    fields.writeUInt32LE(data.length, 14)
    fields.writeUInt32LE(bytes ?? Buffer.byteLength(text), 18)
    fields.writeUInt16LE(name.length, 22)
    const place = Buffer.alloc(14)
    place.writeUInt32LE(offset, 10)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), data])
    parts.push(local)
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, place, Buffer.from(name))
    offset += local.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, listed, end])
}

async function read(importer: Parameters<typeof readArchive>[0], path: string) {
  const rejects: string[] = []
  const sink = new BatchSink(({ reason }) => rejects.push(reason))
  let bytes = 0
  const note = await readArchive(importer, path, sink, { path }, (n) => {
    bytes += n
  })
  return { batch: sink.finish(), rejects, note, bytes }
}

it('reads Inspect logs, whole or in chunks, deflate or zstd', async () => {
  for (const [name, calls] of [
    ['deflate.eval', 11],
    ['chunked-zstd.eval', 12],
    ['messages-only.eval', 1],
  ] as const) {
    const path = join(fixtures, name)
    expect(
      inspectEval.recognises({
        path,
        bytes: new Uint8Array(),
        text: '',
        lines: [],
        members: archiveNames(path)!,
      }),
    ).toBe(true)
    const { batch, note, bytes } = await read(inspectEval, path)
    expect(note).toBeUndefined()
    expect(batch.calls.n).toBe(calls)
    expect(bytes).toBeGreaterThan(0)
    expect(bytes).toBeLessThan(readFileSync(path).length)
  }
})

it('reads the other members when one lies about its size or its sum', async () => {
  const path = join(folder, 'lies.zip')
  writeFileSync(
    path,
    zipOf([
      { name: 'more.json', text: '[1,2]', bytes: 3 },
      { name: 'less.json', text: '[3]', bytes: 9 },
      { name: 'sum.json', text: '[4]', crc: 1 },
      { name: 'not-wanted.txt', text: '[5]', crc: 1 },
      { name: 'good.json', text: '[6]' },
    ]),
  )
  expect(archiveNames(path)).toHaveLength(5)
  const { batch, rejects } = await read(anyJson, path)
  expect([...batch.skipped.keys()]).toEqual(['less.json 3', 'sum.json 4', 'good.json 6', 'end'])
  expect(rejects).toEqual([
    expect.stringMatching(/^more\.json: it unfolds to more/),
    expect.stringMatching(/^less\.json: it is cut off/),
    expect.stringMatching(/^sum\.json: its checksum/),
  ])
})

it('says why a zip that is cut off cannot be read, wherever the cut is', async () => {
  const whole = readFileSync(join(fixtures, 'deflate.eval'))
  const path = join(folder, 'cut.eval')
  for (let bytes = 4; bytes < whole.length; bytes += Math.ceil(whole.length / 40)) {
    writeFileSync(path, whole.subarray(0, bytes))
    expect(archiveNames(path)).toBeUndefined()
    const { note, batch } = await read(inspectEval, path)
    expect(note).toContain('cut off')
    expect(batch.calls.n).toBe(0)
  }
})
