// Configurations as people write them, cut off anywhere, and anything else.

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settingsReaders } from './settings.ts'
import { configText, readSettings } from './settings-api.ts'

const root = fileURLToPath(new URL('../../../fixtures/readiness', import.meta.url))
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
const read = (path: string, text: string) => readSettings(settingsReaders, configText(path, text))
const configurations = files
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
  .filter(({ path, text }) => read(path, text) !== undefined)

describe('configurations', () => {
  it('are known by every reader that there is', () => {
    const products = new Set(configurations.flatMap(({ path, text }) => read(path, text)?.products ?? []))
    expect(settingsReaders.map(({ product }) => product).filter((product) => !products.has(product))).toEqual(
      [],
    )
  })

  it('are each known as one product', () => {
    const several = configurations.filter(({ path, text }) => (read(path, text)?.products.length ?? 0) > 1)
    expect(several.map(({ path }) => path)).toEqual([])
  })

  it('give settings that point at a line of theirs', () => {
    for (const { path, text } of configurations) {
      for (const { line, file } of read(path, text)?.settings ?? []) {
        expect(file).toBe(path)
        expect(line).toBeGreaterThanOrEqual(0)
        expect(line).toBeLessThanOrEqual(text.split('\n').length)
      }
    }
  })

  it('are not seen in logs and traces', () => {
    const logs = files.filter((path) => /eve\.json$|spans\.jsonl$|firewall\.json$/.test(path))
    expect(logs.length).toBeGreaterThan(20)
    for (const path of logs) expect(read(path, readFileSync(join(root, path), 'utf8')), path).toBeUndefined()
  })

  it('may be cut off anywhere', () => {
    for (const { path, text } of configurations.filter(({ text: { length } }) => length < 1_500)) {
      for (let at = 0; at < text.length; at += 3) read(path, text.slice(0, at))
    }
  })

  it('may be anything', () => {
    const path = fc.constantFrom('settings.json', 'a.yaml', 'x.env', 'local.zeek', 'ulogd.conf', 'a')
    fc.assert(
      fc.property(path, fc.string({ maxLength: 300 }), (name, text) => {
        read(name, text)
      }),
    )
    fc.assert(
      fc.property(path, fc.json({ maxDepth: 4 }), (name, text) => {
        read(name, text)
      }),
    )
  })

  it('are not misled by names of objects', () => {
    const hostile = [
      '{"__proto__":{"cleanupPeriodDays":1},"permissions":{},"env":{"__proto__":"1"}}',
      'services:\n  __proto__:\n    image: a\n    network_mode: host\n    environment: { __proto__: /data/logs }\n',
      'services: { constructor: { image: a, volumes: [":::", "/a:/b:/c"], environment: ["=", "A"] } }\n',
      '/var/log/a {\n  constructor\n  rotate 3\n  toString 5\n  daily\n}\n',
      'Log::disable_stream(constructor::LOG)\n',
    ]
    for (const text of hostile) {
      for (const path of ['.claude/settings.json', 'compose.yaml', 'logrotate', 'local.zeek'])
        read(path, text)
    }
    const [setting] = read('compose.yaml', hostile[1] ?? '')?.settings ?? []
    expect(setting).toMatchObject({ about: 'host-network', who: '__proto__', on: true, line: 4 })
    expect(Object.prototype).not.toHaveProperty('cleanupPeriodDays')
  })

  it('of many blanks and line ends are read as fast as any', () => {
    const long = [
      `${'x'.repeat(500_000)} {\n${' '.repeat(400_000)}rotate 3\n`,
      `${'\n'.repeat(400_000)}stack`,
      `${'#\n \n'.repeat(200_000)}`,
      ` ${'log '.repeat(200_000)}`,
      `{${'\t'.repeat(300_000)}`,
    ]
    for (const text of long) for (const path of ['a', 'a.env', 'local.zeek']) read(path, text)
  })
})
