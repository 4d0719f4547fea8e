// The range's ears: connection tracking in every space, and packet captures: all behind the NAT, and what was blocked.

import { setTimeout as sleep } from 'node:timers/promises'
import { type ConntrackLine, parseConntrack } from './conntrack.ts'
import { closedLogGroup, type Range } from './range/network.ts'
import type { Space } from './range/space.ts'

const captureBytesMax = 256 * 1024 * 1024
const conntrackLinesMax = 200_000

export interface Heard {
  readonly router: readonly ConntrackLine[]
  readonly owners: readonly ConntrackLine[]
  /** All packets behind the address translation, as tcpdump wrote them. */
  readonly capture: Uint8Array
  /** The packets that the firewall blocked, as the kernel logged them; a capture for each place. */
  readonly blocked: readonly Uint8Array[]
}

export interface Ears {
  /** Hands over what was heard. */
  stop(): Promise<Heard>
}

export async function listen(range: Range, natIp: string): Promise<Ears> {
  const router = trackConnections(range.router, 'NEW,DESTROY')
  const owners = [...range.hosts, ...range.boxes].map((space) => trackConnections(space, 'NEW'))
  const dumps = await Promise.all([
    dump(range.router, 'any', `ip host ${natIp}`),
    ...[range.outside, range.internal].map((space) => dump(space, `nflog:${closedLogGroup}`)),
  ])
  await sleep(150) // The trackers say nothing when they are ready.
  return {
    async stop() {
      await sleep(500) // What the kernel and the pipes still hold for us. The programs end with their spaces.
      const [capture, ...blocked] = dumps.map((read) => read())
      return { router, owners: owners.flat(), capture: capture!, blocked }
    },
  }
}

/** Listens on an interface; the function it resolves to hands over what has come so far. */
async function dump(space: Space, device: string, filter?: string): Promise<() => Uint8Array> {
  const options = ['-n', '-U', '--immediate-mode', '-s', '1600', '-B', '16384', '-Z', 'root', '-w', '-']
  const child = space.start(['tcpdump', '-i', device, ...options, ...(filter ? [filter] : [])])
  const chunks: Buffer[] = []
  let bytes = 0
  child.stdout?.on('data', (chunk: Buffer) => {
    if (bytes < captureBytesMax) chunks.push(chunk)
    bytes += chunk.length
  })
  let ended = false
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (data: Buffer) => data.toString().includes('listening') && resolve())
    child.once('exit', (code) => {
      ended = true
      reject(new Error(`tcpdump on ${device} ended with ${code} before it listened`))
    })
  })
  return () => {
    if (ended) throw new Error(`tcpdump on ${device} ended during the run: the capture is cut short`)
    return Buffer.concat(chunks)
  }
}

function trackConnections(space: Space, events: string): ConntrackLine[] {
  const child = space.start(['conntrack', '-E', '-e', events, '-o', 'timestamp,id', '-b', '8388608'])
  const lines: ConntrackLine[] = []
  let rest = ''
  child.stdout?.on('data', (data: Buffer) => {
    const parts = (rest + data.toString()).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const line = parseConntrack(part)
      if (line && lines.length < conntrackLinesMax) lines.push(line)
    }
  })
  return lines
}
