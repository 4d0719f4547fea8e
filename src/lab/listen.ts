// The range's ears: connection tracking in every space, and one packet capture behind the NAT.

import { setTimeout as sleep } from 'node:timers/promises'
import { type ConntrackLine, parseConntrack } from './conntrack.ts'
import type { Range } from './range/network.ts'
import type { Space } from './range/space.ts'

const captureBytesMax = 256 * 1024 * 1024
const conntrackLinesMax = 200_000

export interface Ears {
  /** Hands over what was heard. */
  stop(): Promise<{ router: ConntrackLine[]; owners: ConntrackLine[]; capture: Uint8Array }>
}

export async function listen(range: Range, natIp: string): Promise<Ears> {
  const router = trackConnections(range.router, 'NEW,DESTROY')
  const owners = [...range.hosts, ...range.boxes].map((space) => trackConnections(space, 'NEW'))
  const dump = range.router.start([
    'tcpdump',
    '-i',
    'any',
    '-n',
    '-U',
    '--immediate-mode',
    '-s',
    '1600',
    '-B',
    '16384',
    '-Z',
    'root',
    '-w',
    '-',
    `ip host ${natIp}`,
  ])
  const chunks: Buffer[] = []
  let bytes = 0
  dump.stdout?.on('data', (chunk: Buffer) => {
    if (bytes < captureBytesMax) chunks.push(chunk)
    bytes += chunk.length
  })
  let ended = false
  await new Promise<void>((resolve, reject) => {
    dump.stderr?.on('data', (data: Buffer) => data.toString().includes('listening') && resolve())
    dump.once('exit', (code) => {
      ended = true
      reject(new Error(`tcpdump ended with ${code} before it listened`))
    })
  })
  await sleep(150) // The trackers say nothing when they are ready.
  return {
    async stop() {
      if (ended) throw new Error('tcpdump ended during the run: the capture is cut short')
      await sleep(500) // What the kernel and the pipes still hold for us. The programs end with their spaces.
      return { router, owners: owners.flat(), capture: Buffer.concat(chunks) }
    },
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
