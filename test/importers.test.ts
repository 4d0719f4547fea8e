// Every importer against its fixtures: fixtures/importers/<id>/<case>.<ext>, also in folders below it.
//
// What a fixture becomes is kept beside this file in importers/<id>/<case>.<ext>.json; `npx vitest run -u` rewrites it.

import { ok } from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { canonicalIp } from '../src/base/ip.ts'
import type { Importer } from '../src/importers/api.ts'
import { headOf } from '../src/importers/read.ts'
import { importers } from '../src/importers/registry.generated.ts'
import { eventClasses } from '../src/schema/event.ts'
import { limits } from '../src/schema/tool-call.ts'
import { generateImporters } from '../tools/generate-importers.ts'
import { type Result, readAll, readable } from './importers/read-all.ts'
import { zipMembers } from './importers/read-zip.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const fixtures = join(root, 'fixtures/importers')

/** Fixtures up to this size are cut off at every byte. */
const everyCutBytesMax = 6_144
/** Of larger ones every byte of their beginning, where formats have their headers, and of their last records. */
const firstCutBytes = 4_096
const lastCutBytes = 768

/** Where a fixture is cut off: everywhere, or at every byte of both ends and at places between. */
function cutsOf(bytes: Uint8Array): number[] {
  const all = Array.from({ length: bytes.length }, (_, end) => end)
  if (bytes.length <= everyCutBytesMax) return all
  const step = Math.max(1, Math.floor(bytes.length / fuzzRuns(bytes)))
  return all.filter((end) => end < firstCutBytes || end >= bytes.length - lastCutBytes || end % step === 0)
}

/** Samples tried of one fixture: fewer of a large one. */
function fuzzRuns(bytes: Uint8Array): number {
  return Math.max(20, Math.min(200, Math.floor(400_000 / bytes.length)))
}

function fixturesOf(id: string): string[] {
  const folder = join(fixtures, id)
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
      .sort()
  } catch {
    return []
  }
}

function load(id: string, file: string): Uint8Array {
  const bytes = readFileSync(join(fixtures, id, file))
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes
}

describe('the registry', () => {
  it('lists every importer, and so does the reference (`npm run generate` mends it)', async () => {
    for (const { path, content } of await generateImporters(root)) {
      expect(readFileSync(join(root, path), 'utf8'), path).toBe(content)
    }
  })

  it('gives every importer an id of its own', () => {
    expect(new Set(importers.map((one) => one.id)).size).toBe(importers.length)
  })

  it('knows the importer of every folder of fixtures', () => {
    const ids = importers.map((one) => one.id)
    for (const folder of readdirSync(fixtures)) expect(ids).toContain(folder)
  })
})

for (const importer of importers) {
  describe(importer.id, () => {
    const files = fixturesOf(importer.id)

    it('has fixtures', () => {
      expect(files.length).toBeGreaterThan(0)
    })

    for (const file of files) {
      it(`reads ${file}`, async () => {
        const bytes = load(importer.id, file)
        expect(recognisers(file, bytes)).toEqual([importer.id])
        const result = readAll(importer, file, bytes)
        checkSum(importer, result)
        checkWords(result)
        const text = `${JSON.stringify(readable(result), null, 1)}\n`
        await expect(text).toMatchFileSnapshot(join(root, 'test/importers', importer.id, `${file}.json`))
      })

      it(`reads ${file} alike however it is cut into chunks`, () => {
        const bytes = load(importer.id, file)
        const whole = readable(readAll(importer, file, bytes))
        for (const chunk of [1, 7, 1_000]) {
          expect(readable(readAll(importer, file, bytes, chunk))).toEqual(whole)
        }
      })

      it(`survives ${file} cut off anywhere`, () => {
        const bytes = load(importer.id, file)
        const asked = Math.max(1, Math.floor(bytes.length / fuzzRuns(bytes)))
        for (const end of cutsOf(bytes)) {
          const start = bytes.subarray(0, end)
          // All importers look at it, which takes longer than to read it: at fewer places.
          if (end < 256 || end % asked === 0) recognisers(file, start)
          stand(importer, file, start)
        }
      })

      it(`survives ${file} with values of other kinds`, () => {
        for (const text of otherKinds(new TextDecoder().decode(load(importer.id, file)))) {
          survive(importer, file, new TextEncoder().encode(text))
        }
      })

      it(`survives ${file} with broken bytes`, () => {
        const bytes = load(importer.id, file)
        const random = generator(bytes.length)
        for (let run = 0; run < fuzzRuns(bytes); run++) {
          const broken = bytes.slice()
          for (let flips = 1 + random(8); flips > 0; flips--) {
            const at = random(broken.length)
            broken[at] = random(4) === 0 ? random(256) : broken[at]! ^ (1 << random(8))
          }
          survive(importer, file, broken)
        }
      })
    }
  })
}

/** What may stand where a text, a number or an object was expected; the last is nested past any call stack. */
const strangers = [
  'null',
  '-1',
  '1e308',
  '""',
  '"\\u0000"',
  '[]',
  '[null,[],{}]',
  '{"__proto__":{"x":1}}',
  '@deep',
]
const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
const variantsMax = 150

/** JSON documents, each with one of their values exchanged; nothing for other texts. */
function otherKinds(text: string): string[] {
  const documents = wholeOrLines(text)
  const variants: string[] = []
  for (const document of documents) {
    for (const [holder, key] of places(document, 3)) {
      const before = holder[key]
      for (const stranger of strangers) {
        holder[key] = '@stranger'
        variants.push(`${JSON.stringify(document).replace('"@stranger"', () => stranger)}\n`)
      }
      holder[key] = before
    }
  }
  const step = Math.max(1, Math.floor(variants.length / variantsMax))
  // Coprime to the number of strangers, so that each of them is tried.
  const stride = step % strangers.length === 0 ? step + 1 : step
  return variants.filter((_, i) => i % stride === 0).map((one) => one.replace('@deep', deep))
}

function wholeOrLines(text: string): unknown[] {
  const parsed = (part: string): unknown[] => {
    try {
      return [JSON.parse(part)]
    } catch {
      return []
    }
  }
  const whole = parsed(text)
  return whole.length > 0 ? whole : text.split('\n').slice(0, 40).flatMap(parsed)
}

type Holder = Record<string | number, unknown>

/** Every place of a value, down to a depth. */
function places(value: unknown, depth: number): [Holder, string][] {
  if (typeof value !== 'object' || value === null || depth === 0) return []
  const holder = value as Holder
  return Object.keys(holder)
    .slice(0, 30)
    .flatMap((key): [Holder, string][] => [[holder, key], ...places(holder[key], depth - 1)])
}

function recognisers(file: string, bytes: Uint8Array): string[] {
  // What the pipeline does for a zip: names instead of its bytes.
  const zip = bytes[0] === 0x50 && bytes[1] === 0x4b
  const head = zip
    ? headOf(
        file,
        bytes,
        zipMembers(bytes).members.map((one) => one.name),
      )
    : headOf(file, bytes)
  return importers.filter((one) => one.recognises(head)).map((one) => one.id)
}

function survive(importer: Importer, file: string, bytes: Uint8Array): void {
  recognisers(file, bytes)
  stand(importer, file, bytes)
}

function stand(importer: Importer, file: string, bytes: Uint8Array): void {
  const result = readAll(importer, file, bytes)
  checkSum(importer, result)
  checkWords(result)
}

/** Nothing is dropped silently. A row of an agent's trace may hold several calls, one of a network log may not. */
function checkSum(importer: Importer, result: Result): void {
  if (result.rows === undefined || importer.ownRows) return
  const { events, toolCalls, outcomes, episodes, boxes, rejects } = result
  const skips = Object.values(result.skips).reduce((sum, n) => sum + n, 0)
  const told =
    events.length +
    toolCalls.length +
    outcomes.length +
    episodes.length +
    boxes.length +
    rejects.length +
    skips
  if (importer.family === 'network' && importer.shape === 'lines') expect(told).toBe(result.rows)
  else expect(told).toBeGreaterThanOrEqual(result.rows)
}

/** What holds for any event and call, whatever the bytes were. (`ok`, because `expect` is slow by the million.) */
function checkWords({ events, toolCalls, rejects, skips }: Result): void {
  for (const event of events) {
    ok(eventClasses.includes(event.class), `${event.class} is no class`)
    for (const end of [event.srcEndpoint, event.dstEndpoint, event.natEndpoint]) {
      if (!end) continue
      ok(end.ip === '' || canonicalIp(end.ip) === end.ip, `${end.ip} is not canonical`)
      const { port } = end
      ok(port === undefined || (port >= 0 && port <= 65_535 && Number.isInteger(port)), `${port} is no port`)
    }
    for (const time of [event.time, event.endTime]) {
      ok(!time || (Number.isFinite(time.us) && time.spanUs > 0), `no time: ${JSON.stringify(time)}`)
    }
    for (const n of [event.bytesIn, event.bytesOut, event.packetsIn, event.packetsOut]) {
      ok(n === undefined || n >= 0, `${n} is no count`)
    }
    ok(event.line > 0)
  }
  for (const call of toolCalls) {
    ok(call.command.length <= limits.commandChars, 'a command is longer than the limit')
    ok((call.output?.length ?? 0) <= limits.outputChars, 'an output is longer than the limit')
    ok(call.uncertaintyMs >= 0)
    ok(Number.isFinite(call.start.us))
    ok(call.line > 0)
  }
  for (const reject of rejects) ok(reject.reason !== '', 'a reject without a reason')
  ok(Object.keys(skips).length < 60, 'reasons to skip are a few fixed phrases')
}

/** The same numbers in every run (a linear congruence). */
function generator(seed: number): (below: number) => number {
  let state = (seed + 1) >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
