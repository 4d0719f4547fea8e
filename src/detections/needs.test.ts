import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPlainCommand } from '../commands/plain.ts'
import type { ToolCall } from '../schema/tool-call.ts'
import type { Seen } from './api.ts'
import { startEngine } from './engine.ts'

function call(index: number, command: string, more: Partial<ToolCall> = {}): Seen {
  const us = index * 1e6
  const start = { us, spanUs: 1, kind: 'event', zone: 'utc', source: '' } as const
  const rest = { uncertaintyMs: 0, timeSource: 'executor', boxHints: [], line: 1 } as const
  return {
    type: 'call',
    index,
    us,
    endUs: us,
    box: 'box-1',
    call: { name: 'bash', command, start, ...rest, ...more },
  }
}

function findings(items: readonly Seen[], hasty: boolean) {
  const engine = startEngine({ hasty })
  for (const item of items) engine.push(item)
  return engine.end()
}

const root = fileURLToPath(new URL('../../fixtures', import.meta.url))
const fixtureCommands = ['detections', 'benign']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => `${folder}/${name}`),
  )
  .filter((name) => name.endsWith('.jsonl'))
  .flatMap((name) => readFileSync(join(root, name), 'utf8').split('\n'))
  .flatMap((line) => {
    const command: unknown = line === '' ? undefined : JSON.parse(line).call?.command
    return typeof command === 'string' ? [command] : []
  })
/** Words that stand in them, quotes and signs and all: what detections look for is among these. */
const fixtureWords = [...new Set(fixtureCommands.flatMap((command) => command.split(/\s+/)))].filter(Boolean)
const plainWords = fixtureWords.filter((word) => isPlainCommand('bash', `x ${word}`))
const programs = [
  ...'ssh autossh dbclient plink sshuttle curl wget http nc ncat socat openssl telnet awk nmap masscan fping chisel'.split(
    ' ',
  ),
  ...'frpc ngrok cloudflared code lt tailscale gost npc tunnel client agent xmrig t-rex p2pool modprobe sysctl git'.split(
    ' ',
  ),
  ...'pip npm apt docker kubectl aws gcloud az sbatch ray modal sky terraform python3 node bash sh source echo cat'.split(
    ' ',
  ),
  ...'grep ls make pytest sudo timeout nohup env xargs watch tmux find tee printf base64 rev tr dig'.split(
    ' ',
  ),
]
const words = [
  ...'-R -L -D -fN -w -z -e -c -d -F -T -o -u -p -X -sS -l -h --help --data --form --url --config --gpus=all'.split(
    ' ',
  ),
  ...'2222:localhost:22 u@203.0.113.7 R:socks 10.0.0.0/24 10.0.0.5 1-1000 169.254.169.254 203.0.113.7:8080'.split(
    ' ',
  ),
  ...'stratum+tcp://pool.example.com:3333 --algo rx/0 randomx --coin xmr.pool.supportxmr.com https://transfer.sh'.split(
    ' ',
  ),
  ...'/latest/meta-data/iam/security-credentials/x install run create apply submit up launch clone start http tcp local'.split(
    ' ',
  ),
  ...'ec2 run-instances compute instances vm.nr_hugepages=1280 msr f.sh ./f.sh x.py /tmp/f.sh ~/f.sh HOME=x host 8000'.split(
    ' ',
  ),
  ...'/bin/sh EXEC:/bin/sh TCP:203.0.113.7:4444 "a b" \'ssh -R 1:h:2 u@203.0.113.7\' "bash f.sh" -connect frpc.toml'.split(
    ' ',
  ),
]
const word = fc.oneof(
  fc.constantFrom(...programs),
  fc.constantFrom(...words),
  fc.constantFrom(...fixtureWords),
)
const plainWord = fc.oneof(fc.constantFrom(...programs), fc.constantFrom(...plainWords))
const simple = (one: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.constantFrom(...programs), fc.array(one, { maxLength: 6 }))
    .map(([program, rest]) => [program, ...rest].join(' '))
const nested = simple(plainWord).map((text) => `bash -c "${text.replaceAll('"', "'")}"`)
const written = simple(word).map((text) => `cat > f.sh <<EOF\n${text}\nEOF`)
const command = fc
  .array(fc.oneof({ weight: 6, arbitrary: simple(plainWord) }, simple(word), nested, written), {
    minLength: 1,
    maxLength: 3,
  })
  .chain((parts) => fc.constantFrom(' && ', '; ', ' | ', '\n', ' & ', ' 2>&1 | ').map((by) => parts.join(by)))

describe('passing over plain calls', () => {
  test('changes no finding of the fixtures', () => {
    for (const text of fixtureCommands) {
      expect(findings([call(0, text)], true), text).toEqual(findings([call(0, text)], false))
    }
  })

  test('changes no finding, whatever is run one after the other', () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 8 }), (commands) => {
        const items = commands.map((text, i) => call(i, text))
        expect(findings(items, true)).toEqual(findings(items, false))
      }),
      { numRuns: 400 },
    )
  })

  test('passes over everyday commands', () => {
    for (const text of [
      'ls -la src',
      'cd /app && python -m pytest tests/ -x -q 2>&1 | tail -20',
      'git commit -m "Fix it"',
      'pip install numpy',
      'curl -sS https://www.example.com/v1/items/2 -o out.json',
    ]) {
      const plain = !/python.*\|/.test(text)
      expect(isPlainCommand('bash', text), text).toBe(plain)
    }
  })

  test('looks at what writes, decodes, or is put together', () => {
    for (const text of [
      'echo c3NoIC1S | base64 -d | sh',
      's"s"h -R 1:h:2 x',
      'A=ssh; $A -R 1:h:2 x',
      'cat > x.sh',
      'bash -c "echo x > f.sh"',
      'python3 -c "import os"',
      '{s,}sh -R 1:h:2 x',
    ]) {
      expect(isPlainCommand('bash', text), text).toBe(false)
    }
    expect(isPlainCommand('python', 'x = 1')).toBe(false)
  })
})
