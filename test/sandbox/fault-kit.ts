// What the tests of faults share: a small outside with a resolver that can fail in many ways, and the program as a child.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { cgroup2Mount } from '../../src/sandboxes/cgroups.ts'
import type { RecordedLine } from '../../src/schema/journal.ts'
import { missingForSandbox } from './holding.ts'

/** Why these tests can't run here. */
export const missing = process.getuid?.() === 0 ? missingForSandbox() : 'the user tier has tests of its own'

/** Where `*.open.example` leads, if the resolver is in its right mind. */
export const outside = '127.77.1.1'

/** How names are answered, by their first label. */
type Answer = (query: Buffer, from: RemoteInfo) => Buffer | undefined

export interface Outside {
  /** For `network.resolver`. */
  readonly resolver: string
  /** Sends back what it is sent. */
  readonly port: number
  /** Bytes that it got so far. */
  readonly got: () => number
  /** Connections that are open now. */
  readonly open: ReadonlySet<Socket>
  /** A policy that opens `*.open.example` on the port, for anything. */
  policy(more?: object): object
  close(): Promise<void>
}

export async function openOutside(): Promise<Outside> {
  let got = 0
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    socket.on('data', (bytes) => {
      got += bytes.length
      socket.write(bytes)
    })
  })
  server.listen({ host: outside, port: 0, backlog: 4096 })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const dns = createSocket('udp4')
  dns.on('message', (query, from) => {
    const label = query.toString('latin1', 13, 13 + (query[12] ?? 0))
    const reply = (answers[label.split('-')[0] ?? ''] ?? truly)(query, from)
    if (reply) dns.send(reply, from.port, from.address)
  })
  await new Promise<void>((resolve) => dns.bind(0, '127.0.0.1', resolve))
  const resolver = `127.0.0.1:${dns.address().port}`
  return {
    resolver,
    port,
    open,
    got: () => got,
    policy: (more = {}) => ({
      version: 1,
      allow: [
        { host: '*.open.example', ports: [port], protocols: ['any'], limits: { namesPerMinute: 10_000 } },
      ],
      network: { resolver, private: [outside] },
      ...more,
    }),
    async close() {
      for (const socket of open) socket.destroy()
      server.close()
      dns.close()
    },
  }
}

const question = (query: Buffer) => {
  let end = 12
  while (query[end]) end += (query[end] ?? 0) + 1
  return query.subarray(0, end + 5)
}

function reply(query: Buffer, rcode: number, records: readonly Buffer[]): Buffer {
  const head = Buffer.from(question(query))
  head.writeUInt16BE(0x8180 | rcode, 2)
  head.writeUInt16BE(records.length, 6)
  head.writeUInt32BE(0, 8)
  return Buffer.concat([head, ...records])
}

function record(type: number, value: Buffer): Buffer {
  const fixed = Buffer.from([0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 60, 0, value.length])
  return Buffer.concat([fixed, value])
}

const addresses = (query: Buffer, ...ips: string[]) => {
  const wantsV4 = question(query).readUInt16BE(question(query).length - 4) === 1
  return reply(query, 0, wantsV4 ? ips.map((ip) => record(1, Buffer.from(ip.split('.').map(Number)))) : [])
}

const truly: Answer = (query) => addresses(query, outside)
const answers: Readonly<Record<string, Answer>> = {
  absent: (query) => reply(query, 3, []),
  failing: (query) => reply(query, 2, []),
  silent: () => undefined,
  // To itself, with nothing behind it.
  loop: (query) => reply(query, 0, [record(5, Buffer.from([0xc0, 0x0c]))]),
  private: (query) => addresses(query, '10.1.2.3', '192.168.7.7', '169.254.169.254', '127.0.0.1'),
  many: (query) => addresses(query, ...Array.from({ length: 30 }, (_, i) => `10.0.0.${i + 1}`), outside),
  garbage: (query) => Buffer.concat([query.subarray(0, 2), Buffer.alloc(300, 0xff)]),
  // Whose answer is for another question.
  other: (query) => {
    const lie = addresses(query, outside)
    lie[14] = (lie[14] ?? 0) ^ 0x01
    return lie
  },
}

/** A folder of its own for each recording and work folder. */
export function scratch() {
  const base = mkdtempSync(join(tmpdir(), 'faults-'))
  let count = 0
  return {
    base,
    fresh: (name = 'record') => join(base, `${name}-${++count}`),
    close: () => rmSync(base, { recursive: true, force: true }),
  }
}

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** Words that start the program. */
export const program = [process.execPath, '--import', import.meta.resolve('tsx'), cli]

export function vigiles(args: readonly string[], cwd = tmpdir()) {
  const [file = '', ...words] = program
  const { status, stdout, stderr } = spawnSync(file, [...words, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 25_000,
    killSignal: 'SIGKILL',
    cwd,
  })
  return { code: status, out: stdout, err: stderr }
}

/** Runs on; what it says is gathered, so that it is never held up. */
export function startVigiles(
  args: readonly string[],
  cwd = tmpdir(),
  before: readonly string[] = [],
): ChildProcess & { said: () => string } {
  const [file = '', ...words] = [...before, ...program, ...args]
  const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'], cwd })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes: Buffer) => {
      if (said.length < 1 << 20) said += bytes
    })
  }
  return Object.assign(child, { said: () => said })
}

export function linesOf(dir: string): RecordedLine[] {
  return readFileSync(join(dir, 'journal.jsonl'), 'utf8')
    .split('\n')
    .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : []))
}

export type NetworkLine = Extract<RecordedLine, { class: 'network_activity' }>

export function networkLines(dir: string, ...activities: NetworkLine['activity'][]): NetworkLine[] {
  return linesOf(dir).flatMap((line) =>
    line.class === 'network_activity' && activities.includes(line.activity) ? [line] : [],
  )
}

/** Refusals of a class that have a line or stand in a count, by call. */
export function countedRefusals(dir: string, of: 'network_activity' | 'dns_activity'): Map<string, number> {
  const counts = new Map<string, number>()
  for (const line of linesOf(dir)) {
    const one =
      line.class === of &&
      line.disposition === 'blocked' &&
      !('activity' in line && line.activity !== 'refuse')
    const n = one ? 1 : line.class === 'aggregate' && line.of === of ? line.count : 0
    if (n === 0 || !('actor' in line)) continue
    const call = line.actor.toolCall ?? 'none'
    counts.set(call, (counts.get(call) ?? 0) + n)
  }
  return counts
}

export async function until(what: string, done: () => boolean, ms = 10_000): Promise<void> {
  for (let waited = 0; !done(); waited += 20) {
    if (waited > ms) throw new Error(`not within ${ms} ms: ${what}`)
    await sleep(20)
  }
}

/** What a run must leave as it was, but for what carries another's name. */
export function hostState(): Record<string, unknown> {
  const words = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' }).stdout
  return {
    rules: words('nft', 'list', 'ruleset'),
    links: words('ip', '-o', 'link').replaceAll(/ (?:state|qlen|mode) \S+/g, ''),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[4])
      // Other tests mount below the temporary folder meanwhile.
      .filter((place) => !place?.startsWith('/run/vigiles-') && !place?.startsWith(tmpdir())),
    run: readdirSync('/run').filter((name) => !name.startsWith('vigiles-')),
  }
}

/** Places outside that are named after a process: its groups, its staging folder. */
export function leftoversOf(pid: number): string[] {
  const places = ['/run', join(cgroup2Mount() ?? '/nowhere', 'vigiles'), ...version1Places()]
  return places.flatMap((place) =>
    existsSync(place)
      ? readdirSync(place)
          .filter((name) => new RegExp(`^vigiles-\\d+-${pid}-`).test(name))
          .map((name) => join(place, name))
      : [],
  )
}

function version1Places(): string[] {
  return readFileSync('/proc/self/cgroup', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, names, path] = line.split(':')
      return names === undefined || names === '' || path === undefined
        ? []
        : [join('/sys/fs/cgroup', names, path)]
    })
}

/** Processes whose command line has the word. */
export function processesWith(word: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(word) ? [Number(name)] : []
      } catch {
        return []
      }
    })
}

export function descriptors(): number {
  return readdirSync('/proc/self/fd').length
}
