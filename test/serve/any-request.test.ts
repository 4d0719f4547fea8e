// Whatever is asked, of a real case and of one that somebody made up: answered or refused in words, never a fault of ours.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SourceList } from '../../src/server/api.ts'
import { endpoints } from '../../src/server/endpoints.ts'
import { openapi } from '../../tools/generate-openapi.ts'
import { openRoom, type Room, recordedCase, temporaryFolder } from './room.ts'

interface Schema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

interface Operation {
  readonly parameters?: readonly { name: string; in: string; required: boolean; schema: Schema }[]
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } }
}

const oddTexts = fc.constantFrom(
  ...[
    '',
    '1',
    '0',
    '-1',
    '1e309',
    'NaN',
    '../../etc/passwd',
    "';--",
    '\u0000',
    '__proto__',
    '[]',
    '{}',
    '%',
    '*',
  ],
  ...[
    'time',
    '2026-11-24T11:46:50Z',
    '2026-11-24T11:46:50.053937Z',
    '\ud800',
    '\u202e',
    '\u001b[2J',
    'ed51a42a069dd5d06-0',
  ],
  ...['10.163.8.2', 'select * from events', 'select 1', 'x'.repeat(5_000), 'null', 'true'],
)

function someOf(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...schema.enum) }, oddTexts)
  if (schema.anyOf?.length) return fc.oneof(...schema.anyOf.map(someOf))
  switch (schema.type) {
    case 'integer':
    case 'number':
      return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(0, 1, 5, 100, -1, 1e15, 3.5) }, oddTexts)
    case 'boolean':
      return fc.oneof(fc.boolean(), oddTexts)
    case 'array':
      return fc.array(someOf(schema.items ?? {}), { maxLength: 3 })
    case 'object':
      return objectOf(schema)
    default:
      return oddTexts
  }
}

function objectOf({ properties = {}, required = [] }: Schema): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, someOf(one)]))
  return fc.record(members, { requiredKeys: required.filter((key) => key in members) })
}

const { folder, remove } = temporaryFolder()
let room: Room
let ids: string[]

beforeAll(async () => {
  const real = await recordedCase(folder)
  const made = join(folder, 'made-up')
  mkdirSync(made)
  writeFileSync(join(made, 'summary.json'), readFileSync(join(real, 'summary.json')))
  for (const name of [
    'attributions.jsonl',
    'toolcalls.jsonl',
    'findings.jsonl',
    'incidents.jsonl',
    'rejects.jsonl',
  ]) {
    const [first = ''] = readFileSync(join(real, name), 'utf8').split('\n')
    // The same keys with other values, one after the other.
    const spoilt = ['null', '7', '"x"', '[]', '{}', '{"__proto__":{}}'].map((value) =>
      first.replace(/:(?:"[^"]*"|\d+|null)/g, `:${value}`),
    )
    const texts = [
      ...spoilt,
      '[]',
      'null',
      '7',
      '{}',
      '{"uid":"x","event":null}',
      `{"uid":${'['.repeat(3_000)}`,
      '\u0000',
      '{"cut',
    ]
    writeFileSync(join(made, name), texts.join('\n'))
  }
  room = await openRoom(folder, [real, made])
  const { value } = await room.ask<SourceList>('/sources')
  ids = value.sources.map(({ id }) => id)
}, 120_000)

afterAll(async () => {
  await room.close()
  remove()
})

const { paths } = openapi(endpoints) as { paths: Record<string, Record<string, Operation>> }
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, operation]) =>
    path === '/healthz' || path.endsWith('/stream')
      ? []
      : [{ path, method: method.toUpperCase(), operation }],
  ),
)

describe('whatever is asked', () => {
  it.each(operations.map((one) => [`${one.method} ${one.path}`, one] as const))(
    '%s',
    async (_, { path, method, operation }) => {
      const { parameters = [], requestBody } = operation
      const query = objectOf({
        properties: Object.fromEntries(
          parameters.filter((one) => one.in === 'query').map((one) => [one.name, one.schema]),
        ),
        required: parameters.filter((one) => one.in === 'query' && one.required).map(({ name }) => name),
      })
      const body = requestBody
        ? someOf(requestBody.content['application/json'].schema)
        : fc.constant(undefined)
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...ids),
          oddTexts,
          query,
          body,
          async (source, word, asked, sent) => {
            const at = path
              .replace('{source}', source)
              .replace(/\{\w+\}/g, () => encodeURIComponent(word.replace('\ud800', '') || 'x'))
            const search = new URLSearchParams()
            for (const [name, value] of Object.entries(asked))
              for (const one of Array.isArray(value) ? value : [value])
                search.append(name, typeof one === 'object' ? JSON.stringify(one) : String(one))
            const response = await fetch(`${room.origin}${at}?${search}`, {
              method,
              headers: { authorization: `Bearer ${room.token}`, 'content-type': 'application/json' },
              ...(sent !== undefined && { body: JSON.stringify(sent) }),
            })
            const text = await response.text()
            expect([room.errors, response.status === 500]).toEqual([[], false])
            expect(text).not.toContain('root:x:0:0')
          },
        ),
        { numRuns: 12 },
      )
    },
    60_000,
  )
})
