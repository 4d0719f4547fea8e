// Archives that tar made, in its three formats: each is read as the folder it was made from.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importAll } from '../src/pipeline/import-all.ts'
import { findInputs } from '../src/pipeline/inputs.ts'
import { quietProgress } from '../src/pipeline/progress.ts'

const archives = fileURLToPath(new URL('../fixtures/archives', import.meta.url))
const fixtures = fileURLToPath(new URL('../fixtures/importers', import.meta.url))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigiles-tar-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function read(path: string) {
  const spool = mkdtempSync(join(folder, 'spool-'))
  const { files, passed } = await importAll(findInputs([path]).files, spool, quietProgress)
  const told = files.map((file) => ({
    format: file.format,
    contentSha: file.contentSha,
    events: file.parts.reduce((sum, part) => sum + part.events.n, 0),
    calls: file.parts.reduce((sum, part) => sum + part.calls.n, 0),
  }))
  return {
    paths: files.map((file) => file.path),
    told: told.sort((a, b) => (a.contentSha < b.contentSha ? -1 : 1)),
    passed: passed.map(({ path: name, format, note }) => [name, format, note]),
  }
}

describe('a tar archive', () => {
  it('is read like the folder it was made from, whoever made it', async () => {
    const logs = join(folder, 'logs')
    cpSync(join(fixtures, 'suricata-eve/mixed.json'), join(logs, 'eve.json'))
    cpSync(join(fixtures, 'otlp-json/file-exporter.jsonl'), join(logs, 'traces.jsonl'))
    cpSync(join(fixtures, 'zeek-json/conn.json'), join(logs, 'conn.json'))
    const bare = await read(logs)
    expect(bare.told).toHaveLength(3)
    for (const name of ['gnu.tar.gz', 'pax.tar.gz', 'ustar.tar']) {
      const { told, paths, passed } = await read(join(archives, name))
      expect(told, name).toEqual(bare.told)
      expect(paths.every((path) => path.startsWith(`${join(archives, name)}/logs/`))).toBe(true)
      expect(paths.some((path) => path.endsWith('very-long-folder-name/conn-é.json'))).toBe(true)
      expect(passed.map(([path, format]) => [path?.split('/').at(-1), format])).toEqual([
        ['empty.log', 'empty'],
      ])
    }
  })

  it('that is cut off gives what stands before the cut, and says so', async () => {
    const whole = gunzipSync(readFileSync(join(archives, 'gnu.tar.gz')))
    writeFileSync(join(folder, 'half.tar'), whole.subarray(0, 6_000))
    const { told, passed } = await read(join(folder, 'half.tar'))
    expect(told.map(({ format }) => format)).toEqual(['suricata-eve'])
    expect(told[0]!.events).toBeGreaterThan(0)
    expect(passed).toContainEqual([join(folder, 'half.tar'), 'unreadable', 'the archive is cut off'])
  })

  it('gives its names as labels only', async () => {
    const bytes = Buffer.from(readFileSync(join(archives, 'ustar.tar')))
    // The second header is the folder d/; the name of eve.json becomes one that climbs out.
    const at = bytes.indexOf('logs/eve.json')
    const header = bytes.subarray(at, at + 512)
    header.write('../../evil.js', 0)
    header.write('        ', 148)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    writeFileSync(join(folder, 'evil.tar'), bytes)
    const { paths } = await read(join(folder, 'evil.tar'))
    expect(paths).toContain(`${join(folder, 'evil.tar')}/evil.js`)
  })
})
