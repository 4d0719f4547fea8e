// What one decision costs:  npm run bench -- policy [--rules 5000]
//
// Processor time of this process alone, so that a busy machine does not count.

import { parseArgs } from 'node:util'
import { compilePolicy } from '../../src/policy/compile.ts'
import { decide } from '../../src/policy/decide.ts'
import { Meter } from '../../src/policy/meter.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import type { Ask } from '../../src/schema/ask.ts'

const { values } = parseArgs({ options: { rules: { type: 'string', default: '5000' } } })
const rules = Number(values.rules)
const text = [
  'version: 1',
  'presets: [npm, pip, apt, cargo, go, github]',
  'allow:',
  ...Array.from(
    { length: rules },
    (_, i) => `  - ${i % 10 === 0 ? `'*.team${i}.example.com'` : `host${i}.example.com:443`}`,
  ),
  "  - { host: code.example.com, methods: read, paths: ['/acme/**'] }",
  'deny: [evil.example.com]',
  'limits: { connectionsPerMinute: 100000000, destinations: 1000, bytesOutPerHost: 1 TB, bytesOutPerCall: 1 TB }',
].join('\n')
const parse = timed(1, () => parsePolicy(text, 'policy.yaml'))
const { policy, problems } = parse.value
if (!policy) throw new Error(JSON.stringify(problems.slice(0, 3)))
const compiled = timed(1, () => compilePolicy(policy))
console.log(`${rules} rules: parsed in ${parse.ms.toFixed(0)} ms, compiled in ${compiled.ms.toFixed(0)} ms`)

const name = 'host1234.example.com'
const asks: Readonly<Record<string, Ask>> = {
  'lookup, allowed': { stage: 'name', dnsName: name, dnsType: 'A' },
  'lookup, not listed': { stage: 'name', dnsName: 'a.b.c.d.unknown.example.org', dnsType: 'A' },
  'connection by name': { stage: 'connect', dnsName: name, port: 443 },
  'connection to an address': { stage: 'connect', ip: '203.0.113.7', port: 443 },
  'resolved and vetted': { stage: 'resolved', dnsName: name, port: 443, resolved: '198.51.100.20' },
  'first bytes, TLS': {
    stage: 'bytes',
    dnsName: name,
    sni: name,
    port: 443,
    layers: ['tls'],
    resolved: '198.51.100.20',
  },
  'first bytes, names differ': {
    stage: 'bytes',
    dnsName: name,
    sni: 'evil.example.com',
    port: 443,
    layers: ['tls'],
  },
  'request with path rules': {
    stage: 'request',
    dnsName: 'code.example.com',
    sni: 'code.example.com',
    httpHost: 'code.example.com',
    port: 443,
    layers: ['tls', 'http'],
    method: 'GET',
    path: '/acme/app/info/refs?service=git-upload-pack',
    resolved: '198.51.100.20',
  },
}
const rounds = 200_000
for (const [what, ask] of Object.entries(asks)) {
  timed(rounds / 4, () => decide(compiled.value, ask))
  const { ms, value } = timed(rounds, () => decide(compiled.value, ask))
  console.log(`${what.padEnd(26)} ${((ms * 1000) / rounds).toFixed(2)} µs  ${value.verdict} ${value.code}`)
}
const meter = new Meter(compiled.value)
let nowMs = 0
const { ms } = timed(rounds, () => meter.connect({ nowMs: nowMs++, host: name, rule: 'none' }))
console.log(`${'meter, one connection'.padEnd(26)} ${((ms * 1000) / rounds).toFixed(2)} µs`)
const chunk = timed(rounds, () => meter.send({ nowMs, host: name, rule: 'none', call: 'c1', bytes: 1400 }))
console.log(`${'meter, one chunk'.padEnd(26)} ${((chunk.ms * 1000) / rounds).toFixed(2)} µs`)

function timed<T>(times: number, act: () => T): { ms: number; value: T } {
  const began = process.cpuUsage()
  let value = act()
  for (let i = 1; i < times; i++) value = act()
  const { user, system } = process.cpuUsage(began)
  return { ms: (user + system) / 1000, value }
}
