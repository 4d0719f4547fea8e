import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { ExportFinding } from './api.ts'
import { indicatorsOf } from './iocs-csv.ts'
import { stixBundle, uuidV5 } from './stix.ts'

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest()

const finding: ExportFinding = {
  uid: 'f1',
  detection: 'tunnel.reverse-ssh',
  kind: 'tunnel',
  title: "box-3 opened a reverse SSH tunnel to o'hara.example:443",
  severity: 'critical',
  attack: ['T1572', 'T1021.004', 'AML.T0072'],
  confidence: 0.95,
  box: 'box-3',
  destinations: ['198.51.100.7:443', "o'hara.example:443", '10.0.0.5:22'],
  firstUs: 1_795_507_200_123_456,
  lastUs: 1_795_507_260_999_999,
  why: 'ssh -R asks the far end to listen.',
  toolCallUids: ['c1'],
  eventUids: [],
  episode: 'ep-7',
}
const bundle = stixBundle(
  indicatorsOf([finding], () => undefined),
  [finding],
  sha1,
)
const objects: Readonly<Record<string, unknown>>[] = [...bundle.objects]
const ofType = (type: string) => objects.filter((object) => object.type === type)

/** Required properties of STIX 2.1, sections 2.1, 3, 4 and 6, beside type and id. */
const common = ['spec_version', 'created', 'modified']
const required: Readonly<Record<string, readonly string[]>> = {
  identity: [...common, 'name'],
  indicator: [...common, 'pattern', 'pattern_type', 'valid_from'],
  'observed-data': [...common, 'first_observed', 'last_observed', 'number_observed', 'object_refs'],
  'attack-pattern': [...common, 'name'],
  relationship: [...common, 'relationship_type', 'source_ref', 'target_ref'],
  'ipv4-addr': ['value'],
  'domain-name': ['value'],
}

test('every object has what STIX 2.1 requires of its type', () => {
  expect(bundle.id).toMatch(/^bundle--[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Set(objects.map(({ type }) => type))).toEqual(new Set(Object.keys(required)))
  for (const object of objects) {
    const { type, id } = object
    expect(id).toMatch(
      new RegExp(`^${type}--[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`),
    )
    for (const property of required[String(type)]!) expect(object, String(type)).toHaveProperty(property)
    for (const stamp of ['created', 'modified', 'first_observed', 'last_observed', 'valid_from']) {
      if (object[stamp] !== undefined)
        expect(object[stamp]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    }
    if (object.modified !== undefined) expect(object.modified! >= object.created!).toBe(true)
  }
})

test('every reference leads to an object of the bundle, and ids are their own', () => {
  const ids = new Set(objects.map(({ id }) => id))
  expect(ids.size).toBe(objects.length)
  for (const object of objects) {
    for (const [key, value] of Object.entries(object)) {
      if (key.endsWith('_ref')) expect(ids, key).toContain(value)
      if (key.endsWith('_refs')) for (const one of value as string[]) expect(ids, key).toContain(one)
    }
  }
})

test('an indicator is based on what was observed and indicates the techniques; the inside is no indicator', () => {
  expect(
    ofType('indicator')
      .map(({ pattern }) => pattern)
      .sort(),
  ).toEqual(["[domain-name:value = 'o\\'hara.example']", "[ipv4-addr:value = '198.51.100.7']"])
  const verbs = ofType('relationship').map(({ relationship_type: verb }) => verb)
  expect(verbs.filter((verb) => verb === 'based-on')).toHaveLength(2)
  expect(verbs.filter((verb) => verb === 'indicates')).toHaveLength(6)
  expect(ofType('observed-data')).toHaveLength(3)
})

test('the same case gives the same bundle', () => {
  const again = stixBundle(
    indicatorsOf([finding], () => undefined),
    [finding],
    sha1,
  )
  expect(again).toEqual(bundle)
})

test('ids of observables are those that every producer gives them', () => {
  // The example of RFC 9562, appendix A.4, and the specification's own address.
  expect(uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com', sha1)).toBe(
    '2ed6657d-e927-568b-95e1-2665a8aea6a2',
  )
  const { id } = stixBundle(
    indicatorsOf([{ ...finding, destinations: ['198.51.100.3'] }], () => undefined),
    [],
    sha1,
  ).objects.find(({ type }) => type === 'ipv4-addr')!
  expect(id).toBe('ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4')
})
