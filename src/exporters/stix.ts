// What an investigation found as a STIX 2.1 bundle, for threat intelligence platforms.
// Source: https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html
//
// For each outside destination an indicator, based on what was observed of it, that indicates ATT&CK techniques.
// Destinations on the inside were probed: they are observed, and no indicator, so that nobody blocks them.

import type { ExportFinding } from './api.ts'
import { techniqueName } from './attack-names.ts'
import { type Indicator, parseDestination } from './iocs-csv.ts'

type StixObject = Readonly<Record<string, unknown>> & { readonly type: string; readonly id: string }

/** SHA-1 of a text's UTF-8 bytes: 20 bytes. Names objects, guards nothing. */
export type Sha1 = (bytes: Uint8Array) => Uint8Array

/** Given by the specification for what is observed (2.9); ours for all else, which may not use that one. */
const namespaces = {
  observable: '00abedb4-aa42-466c-9c01-fed23315a9b7',
  own: '8b2b8ab5-0d5c-5f0e-9d3a-6d1f6c1d2e40',
} as const
/** Techniques and we ourselves were there before every case. */
const always = '2026-01-01T00:00:00.000Z'

/** The same case gives the same bundle: ids are UUIDs of version 5 over what an object stands for. */
export function stixBundle(
  indicators: readonly Indicator[],
  findings: readonly ExportFinding[],
  sha1: Sha1,
): { readonly type: 'bundle'; readonly id: string; readonly objects: readonly StixObject[] } {
  const own = (type: string, name: string) => `${type}--${uuidV5(namespaces.own, `${type}/${name}`, sha1)}`
  const us = own('identity', 'vigiles')
  const objects = new Map<string, StixObject>()
  const add = (object: StixObject) => {
    objects.set(object.id, object)
    return object.id
  }
  const common = (type: string, name: string, created: string, modified = created) => ({
    type,
    spec_version: '2.1',
    id: own(type, name),
    created,
    modified,
    ...(type !== 'identity' && { created_by_ref: us }),
  })
  const relate = (from: string, verb: string, to: string, created: string, modified: string) =>
    add({
      ...common('relationship', `${from} ${verb} ${to}`, created, modified),
      relationship_type: verb,
      source_ref: from,
      target_ref: to,
    })
  add({ ...common('identity', 'vigiles', always), name: 'Vigiles', identity_class: 'system' })
  for (const indicator of indicators) {
    const { type, value, severity } = indicator
    const [first, last] = [milliseconds(indicator.firstSeen), milliseconds(indicator.lastSeen)]
    const name = `${type} ${value} ${first}`
    const observable = add({
      type,
      spec_version: '2.1',
      id: `${type}--${uuidV5(namespaces.observable, JSON.stringify({ value }), sha1)}`,
      value,
    })
    const observed = add({
      ...common('observed-data', name, first, last),
      first_observed: first,
      last_observed: last,
      number_observed: Math.min(999_999_999, Math.max(1, indicator.count)),
      object_refs: [observable],
    })
    const behind = findings.filter(({ destinations }) =>
      destinations.some((text) => parseDestination(text)?.value === value),
    )
    let about = observed
    if (indicator.scope === 'external') {
      about = add({
        ...common('indicator', name, first, last),
        name: value,
        description:
          `${severity}: ${behind.map(({ title }) => title).join('; ') || indicator.detections.join(', ')}`.slice(
            0,
            2000,
          ),
        // Words of the vocabulary; what is only odd is not called malicious.
        indicator_types: [
          severity === 'critical' || severity === 'high' ? 'malicious-activity' : 'anomalous-activity',
        ],
        pattern: `[${type}:value = '${value.replace(/[\\']/g, '\\$&')}']`,
        pattern_type: 'stix',
        pattern_version: '2.1',
        valid_from: first,
        labels: indicator.detections,
        confidence: Math.round(100 * Math.min(1, Math.max(0, ...behind.map(({ confidence }) => confidence)))),
        ...(indicator.toolCalls.length > 0 && {
          external_references: indicator.toolCalls
            .slice(0, 100)
            .map((uid) => ({ source_name: 'vigiles tool call', external_id: uid })),
        }),
      })
      relate(about, 'based-on', observed, first, last)
    }
    for (const technique of new Set(behind.flatMap(({ attack }) => attack))) {
      const pattern = add({
        ...common('attack-pattern', technique, always),
        name: techniqueName(technique) ?? technique,
        external_references: [reference(technique)],
      })
      relate(about, about === observed ? 'related-to' : 'indicates', pattern, first, last)
    }
  }
  const list = [...objects.values()]
  return { type: 'bundle', id: own('bundle', list.map(({ id }) => id).join(' ')), objects: list }
}

function reference(technique: string): object {
  if (technique.startsWith('AML.')) {
    const url = `https://atlas.mitre.org/techniques/${technique}`
    return { source_name: 'mitre-atlas', external_id: technique, url }
  }
  const url = `https://attack.mitre.org/techniques/${technique.replace('.', '/')}`
  return { source_name: 'mitre-attack', external_id: technique, url }
}

/** `2026-11-24T08:00:00.123456Z` → `2026-11-24T08:00:00.123Z`: created and modified have exactly three digits. */
function milliseconds(iso: string): string {
  return `${iso.slice(0, 19)}.${(/\.(\d{1,3})/.exec(iso)?.[1] ?? '').padEnd(3, '0')}Z`
}

/** RFC 9562, 5.5. */
export function uuidV5(namespace: string, name: string, sha1: Sha1): string {
  const space = Uint8Array.from(namespace.replaceAll('-', '').match(/../g) ?? [], (pair) =>
    Number.parseInt(pair, 16),
  )
  const text = new TextEncoder().encode(name)
  const bytes = sha1(Uint8Array.from([...space, ...text])).slice(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
