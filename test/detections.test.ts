// Every detection fires on its `fires-*` fixtures, once per fact, and stays quiet on its `quiet-*` ones; nothing
// but what is listed with a reason fires on `fixtures/benign/`.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { detect } from '../src/detections/engine.ts'
import { detections } from '../src/detections/registry.generated.ts'
import { severities } from '../src/schema/event.ts'
import { detectionFiles } from '../tools/generate-detections.ts'
import { readSeenLines } from './seen-lines.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const fixtures = join(root, 'fixtures/detections')

describe('detections', () => {
  test('have ids of their own', () => {
    const ids = detections.map((d) => d.id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('say who trips them, what they miss and what to do', () => {
    for (const d of detections) {
      expect(d.falsePositives.length, d.id).toBeGreaterThan(0)
      expect(d.blindSpots.length, d.id).toBeGreaterThan(0)
      expect(d.response.length, d.id).toBeGreaterThan(0)
      expect(d.response.length, d.id).toBeLessThanOrEqual(3)
      expect(d.confidence, d.id).toBeGreaterThan(0)
      expect(d.confidence, d.id).toBeLessThanOrEqual(1)
    }
  })

  test('have no fixtures without a detection', () => {
    const ids = new Set(detections.map((d) => d.id))
    expect(readdirSync(fixtures).filter((name) => !ids.has(name))).toEqual([])
  })

  test('stand in the registry and the reference page as they are (npm run generate)', async () => {
    for (const [path, text] of await detectionFiles()) {
      expect(readFileSync(join(root, path), 'utf8'), path).toBe(text)
    }
  })
})

describe.each(detections.map((d) => [d.id, d] as const))('%s', (id, detection) => {
  const folder = join(fixtures, id)
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.jsonl')) : []
  const firing = names.filter((name) => name.startsWith('fires-'))
  const quiet = names.filter((name) => name.startsWith('quiet-'))

  test('has one fixture that fires and two that stay quiet, at least', () => {
    expect(firing.length).toBeGreaterThanOrEqual(1)
    expect(quiet.length).toBeGreaterThanOrEqual(2)
    expect(firing.length + quiet.length).toBe(names.length)
  })

  test.each(firing)('%s', (name) => {
    const { items, expect: wanted } = readSeenLines(readFileSync(join(folder, name), 'utf8'))
    const found = detect(items, [detection])
    expect(found.map((f) => f.title)).toHaveLength(wanted.count ?? 1)
    const [first] = found
    expect(first!.detection).toBe(id)
    expect(first!.events.length + first!.toolCalls.length).toBeGreaterThan(0)
    if (wanted.severity) expect(first!.severity).toBe(wanted.severity)
    if (wanted.kind) expect(first!.kind).toBe(wanted.kind)
    if (wanted.title) expect(first!.title).toContain(wanted.title)
    if (wanted.destination) expect(first!.destinations).toContain(wanted.destination)
  })

  test.each(quiet)('%s', (name) => {
    const { items } = readSeenLines(readFileSync(join(folder, name), 'utf8'))
    expect(items.length).toBeGreaterThan(0)
    expect(detect(items, [detection]).map((f) => f.title)).toEqual([])
  })
})

describe('benign work', () => {
  const folder = join(root, 'fixtures/benign')
  const known = readFileSync(join(folder, 'known-false-positives.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [file = '', detection = '', severity = '', ...reason] = line.split(',')
      return { file, detection, severity, reason: reason.join(',') }
    })
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'))

  test.each(files)('%s raises only what is listed', (name) => {
    const { items } = readSeenLines(readFileSync(join(folder, name), 'utf8'))
    const listed = known.filter((k) => k.file === name)
    const found = detect(items).map((f) => `${f.detection} ${f.severity}`)
    expect(found.sort()).toEqual(listed.map((k) => `${k.detection} ${k.severity}`).sort())
  })

  test('known false positives have a reason and are at most medium', () => {
    for (const k of known) {
      expect(k.reason.length, k.file).toBeGreaterThan(10)
      expect(files).toContain(k.file)
      expect(severities.indexOf(k.severity as (typeof severities)[number])).toBeLessThanOrEqual(2)
    }
  })
})
