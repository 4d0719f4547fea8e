// Runs every attempt against real sandboxes, several at once, and judges what their journals say.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSandbox, type Sandbox } from '../../src/pipeline/live/open-sandbox.ts'
import type { RecordedLine } from '../../src/schema/journal.ts'
import { verifyJournal } from '../../src/store/verify.ts'
import { type Attempt, judgeAttempt, type Outcome, readAttempt } from './expectations.ts'
import { outside, ports, type World } from './world.ts'

export const attemptsFolder = join(import.meta.dirname, 'attempts')
const atOnce = 4
const timeoutMs = 60_000
/** A program's word for: what it needs is not here. */
const missingCode = 77
/** What calls left running does its last thing within that time. */
const afterMs = 2_500

export function listAttempts(world: Pick<World, 'env'>): Attempt[] {
  return readdirSync(attemptsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(attemptsFolder, name)).map((file) => `${name}/${file}`))
    .sort()
    .map((path) => readAttempt(path, readFileSync(join(attemptsFolder, path), 'utf8'), world.env))
}

/** What most attempts meet: some hosts are open, everything else is not. */
function policyFor(world: World, findings: Readonly<Record<string, string>>): object {
  return {
    version: 1,
    allow: [
      { host: 'web.allowed.example', ports: [ports.http], protocols: ['http'] },
      { host: 'other.allowed.example', ports: [ports.http], protocols: ['http'] },
      { host: 'tls.allowed.example', ports: [ports.tls], protocols: ['https'] },
      { host: 'ssh.allowed.example', ports: [ports.ssh], protocols: ['ssh'] },
      { host: '*.ssh.allowed.example', ports: [ports.ssh], protocols: ['ssh'] },
      {
        host: 'budget.allowed.example',
        ports: [ports.http],
        protocols: ['http'],
        limits: { bytesOutPerHost: '1 MB' },
      },
      { host: '*.wild.allowed.example', ports: [ports.http], protocols: ['http'] },
      { host: 'push.allowed.example', ports: [Number(world.env.PORT_PUSH)] },
      { host: 'echo.allowed.example', ports: [Number(world.env.PORT_ECHO)] },
      { host: 'any.allowed.example', ports: [Number(world.env.PORT_ECHO), ports.odd], protocols: ['any'] },
      {
        host: 'strict.allowed.example',
        ports: [Number(world.env.PORT_ECHO), ports.odd],
        protocols: ['https'],
      },
      {
        host: 'read.allowed.example',
        ports: [ports.http],
        protocols: ['http'],
        methods: 'read',
        paths: ['/acme/**'],
      },
      { host: 'records.allowed.example', ports: [ports.http], dnsTypes: ['TXT'] },
      {
        host: 'few.allowed.example',
        ports: [ports.http],
        protocols: ['http'],
        limits: { connectionsPerMinute: 3 },
      },
      { host: '*.rebind.example', ports: [ports.http], protocols: ['http'] },
      { host: outside, ports: [Number(world.env.PORT_PUSH)] },
      { host: '*.udp.allowed.example', ports: [Number(world.env.PORT_UDP), 9], transports: ['udp'] },
    ],
    deny: [{ host: '203.0.113.9', why: 'this very address' }, { host: 'closed.wild.allowed.example' }],
    findings,
    network: { resolver: world.resolver, private: [outside] },
  }
}

const onlyRecord = { critical: 'record', high: 'record', medium: 'record' }
/** What is found here is kept and nothing more: attempts share their destinations, and a block would be everybody's. */
const policies: Readonly<Record<string, (world: World) => object>> = {
  decisions: (world) => policyFor(world, onlyRecord),
  watched: (world) => policyFor(world, onlyRecord),
  quiet: (world) => policyFor(world, {}),
}

export interface Run {
  readonly outcomes: readonly Outcome[]
  /** Journals by sandbox, and whether each is sealed and whole. */
  readonly journals: ReadonlyMap<string, readonly RecordedLine[]>
  readonly verified: ReadonlyMap<string, string>
  readonly tier: string
}

export async function runAttempts(
  world: World,
  only: (attempt: Attempt) => boolean = () => true,
): Promise<Run> {
  const base = mkdtempSync(join(tmpdir(), 'attempts-'))
  const attempts = listAttempts(world).filter(only)
  const outputs = new Map<string, string>()
  const missing = new Map<string, string>()
  const journals = new Map<string, RecordedLine[]>()
  const verified = new Map<string, string>()
  let tier = ''
  try {
    const kinds = [...new Set(attempts.map(({ sandbox }) => sandbox))]
    await Promise.all(
      kinds.map(async (kind) => {
        const record = join(base, `recording-${kind}`)
        const work = workFolder(join(base, kind), world)
        const box = await openSandbox({
          record,
          policy: (policies[kind] ?? (() => ({ version: 1 })))(world),
          workdir: work,
          env: world.env,
        })
        try {
          const neighbour = startNeighbour(box, work)
          await inTurns(
            attempts.filter(({ sandbox, skip }) => sandbox === kind && skip === undefined),
            (attempt) => runOne(box, attempt, outputs, missing),
          )
          await neighbour.stop()
          await sleep(afterMs)
        } finally {
          await box.close()
        }
        const file = join(record, 'journal.jsonl')
        journals.set(kind, readLines(file))
        verified.set(kind, (await verifyJournal(file)).state)
        tier = String(JSON.parse(readFileSync(join(record, 'run.json'), 'utf8')).tier)
      }),
    )
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
  const outcomes = attempts.map((attempt): Outcome => {
    const skipped = attempt.skip ?? missing.get(attempt.path)
    if (skipped !== undefined)
      return {
        group: attempt.group,
        name: attempt.name,
        decided: '-',
        recorded: '-',
        attributed: '-',
        skipped,
        problems: [],
      }
    return judgeAttempt(
      attempt,
      journals.get(attempt.sandbox) ?? [],
      attempt.path,
      outputs.get(attempt.path) ?? '',
    )
  })
  return { outcomes, journals, verified, tier }
}

/** The programs, the keys they need, and nothing else. */
function workFolder(work: string, { files }: World): string {
  mkdirSync(work)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(work, name), text, { mode: 0o600 })
  for (const folder of readdirSync(attemptsFolder)) {
    mkdirSync(join(work, folder), { recursive: true })
    for (const file of readdirSync(join(attemptsFolder, folder))) {
      writeFileSync(join(work, folder, file), readFileSync(join(attemptsFolder, folder, file)), {
        mode: 0o755,
      })
    }
  }
  chmodSync(work, 0o755)
  return work
}

/** Another call, at work all the time: what it does must never be said of anybody else, nor the other way round. */
function startNeighbour(box: Sandbox, work: string): { stop(): Promise<void> } {
  const program = `
import os, socket, time
while not os.path.exists('neighbour.stop'):
    for host, port in (('192.0.2.99', 22), ('web.allowed.example', int(os.environ['PORT_HTTP'])), ('shared.denied.example', 443)):
        try:
            s = socket.create_connection((host, port), 2)
            s.sendall(b'GET /neighbour HTTP/1.1\\r\\nHost: web.allowed.example\\r\\nConnection: close\\r\\n\\r\\n')
            s.recv(100)
            s.close()
        except OSError: pass
    time.sleep(0.1)
`
  const ended = box.exec({
    command: ['python3', '-c', program],
    toolCall: { id: 'neighbour', name: 'bash' },
    cwd: work,
  })
  return {
    async stop() {
      writeFileSync(join(work, 'neighbour.stop'), '')
      await ended
    },
  }
}

async function runOne(
  box: Sandbox,
  attempt: Attempt,
  outputs: Map<string, string>,
  missing: Map<string, string>,
): Promise<void> {
  const runner = attempt.path.endsWith('.py') ? 'python3' : attempt.path.endsWith('.mjs') ? 'node' : 'sh'
  const wanted = [runner, ...attempt.needs].map((one) => `command -v ${one} >&2 || { echo ${one}; exit 77; }`)
  const { stdout: absent, exitCode } = await box.exec({
    command: `{ ${wanted.join('; ')}; } 2>/dev/null`,
    toolCall: { id: `${attempt.path} (needs)`, name: 'bash' },
  })
  if (exitCode === missingCode) {
    missing.set(attempt.path, `no ${absent.trim().split('\n').at(-1)} inside`)
    return
  }
  // As agents do it: a shell's text is the command itself, a program of another language a file.
  const command = runner === 'sh' ? `{\n${attempt.text}\n} 2>&1` : `exec ${runner} ./${attempt.path} 2>&1`
  const result = await box.exec({
    command,
    toolCall: { id: attempt.path, name: 'bash' },
    env: { ID: attempt.name },
    timeoutMs,
  })
  if (result.exitCode === missingCode) missing.set(attempt.path, `no ${result.stdout.trim()} inside`)
  else outputs.set(attempt.path, result.stdout + result.stderr)
}

async function inTurns<T>(list: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  const rest = [...list]
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let one = rest.shift(); one !== undefined; one = rest.shift()) await run(one)
    }),
  )
}

export function readLines(file: string): RecordedLine[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedLine)
}
