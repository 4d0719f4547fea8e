// The JSON schema and the reader come from one description; this checks that they also agree on real policies.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { parsePolicy } from './parse.ts'

const root = new URL('../../', import.meta.url)
const schema: Schema = JSON.parse(readFileSync(new URL('docs/reference/policy.schema.json', root), 'utf8'))

interface Schema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly anyOf?: readonly Schema[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly type?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly propertyNames?: Schema
  readonly additionalProperties?: Schema | boolean
}

/** The part of JSON Schema that ours uses. */
function accepts(value: unknown, s: Schema): boolean {
  if (s.$ref) return accepts(value, schema.$defs![s.$ref.replace('#/$defs/', '')]!)
  if (s.anyOf && !s.anyOf.some((one) => accepts(value, one))) return false
  if ('const' in s && value !== s.const) return false
  if (s.enum && !s.enum.includes(value)) return false
  if (s.type === 'null') return value === null
  if (s.type === 'boolean') return typeof value === 'boolean'
  if (s.type === 'integer' || s.type === 'number') {
    if (typeof value !== 'number' || (s.type === 'integer' && !Number.isInteger(value))) return false
    return (
      value >= (s.minimum ?? -Infinity) &&
      value <= (s.maximum ?? Infinity) &&
      value > (s.exclusiveMinimum ?? -Infinity)
    )
  }
  if (s.type === 'string') {
    if (
      typeof value !== 'string' ||
      value.length < (s.minLength ?? 0) ||
      value.length > (s.maxLength ?? Infinity)
    )
      return false
    return s.pattern === undefined || new RegExp(s.pattern).test(value)
  }
  if (s.type === 'array') return Array.isArray(value) && value.every((one) => accepts(one, s.items!))
  if (s.type === 'object') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    if ((s.required ?? []).some((name) => !(name in value))) return false
    return Object.entries(value).every(([name, one]) => {
      if (s.propertyNames && !accepts(name, s.propertyNames)) return false
      const property = s.properties?.[name]
      if (property) return accepts(one, property)
      return typeof s.additionalProperties === 'object'
        ? accepts(one, s.additionalProperties)
        : s.additionalProperties !== false
    })
  }
  return true
}

const whole = `version: 1
presets: npm
toolLabels: trusted
allow:
  - { host: any, ports: [any, 80, 8000-8100], protocols: any, transports: [udp], methods: [read, PUT], paths: [/a/**], shared: true, limits: { destinations: 3 } }
  - { host: a.example.com, dnsTypes: [TXT], sni: optional, ech: allow, why: because }
deny:
phases: { setup: { presets: [pip], allow: [a.example.com], limits: { bytesOutPerHost: 10 MB } } }
tools: { Bash: { deny: [b.example.com] } }
findings: { critical: kill, tunnel.reverse-ssh: freeze }
network: { syntheticRange: 198.18.0.0/15, private: [corp.example.com, 10.0.0.0/8], resolver: 192.0.2.53 }
filesystem: { write: [/data], read: [~/.npmrc], hide: [secrets], sockets: [/var/run/docker.sock] }
resources: { memory: 2 GiB, processes: 100, cpu: 0.5 }
intercept: [a.example.com]
isolation: { require: [seccomp], nestedNamespaces: deny, ioUring: allow }
mode: shadow
`

it('takes what the reader takes', () => {
  const example = readFileSync(new URL('fixtures/policy/example.yaml', root), 'utf8')
  for (const text of [whole, example]) {
    expect(parsePolicy(text, 'p').policy, JSON.stringify(parsePolicy(text, 'p').problems)).toBeDefined()
    expect(accepts(parse(text), schema)).toBe(true)
  }
})

it('refuses what the reader refuses, where a schema can say it', () => {
  for (const wrong of [
    'allowed: []',
    'presets: [npmm]',
    'limits: { connections: 3 }',
    'resources: { cpu: lots }',
    'allow: [{ ports: [1] }]',
    'findings: { critical: kil }',
  ]) {
    const text = `version: 1\n${wrong}\n`
    expect(parsePolicy(text, 'p').policy, wrong).toBeUndefined()
    expect(accepts(parse(text), schema), wrong).toBe(false)
  }
})
