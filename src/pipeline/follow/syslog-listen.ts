// Receives syslog by UDP and TCP on one port, and puts every line into the spool before anything is made of it.

import { createSocket } from 'node:dgram'
import { createServer, type Socket } from 'node:net'
import { OperatorError } from '../../base/errors.ts'
import type { FollowLimits } from './api.ts'
import { type ListenAddress, shownAddress } from './listen-address.ts'
import type { Spool } from './spool.ts'
import { SyslogFrames } from './syslog-frames.ts'
import { readSyslog, SyslogSorter } from './syslog-message.ts'

const udpBufferBytes = 8 * 1024 * 1024
/** Lines that wait to be written together. */
const batchMax = 10_000

export interface SyslogReceiver {
  readonly udp: string
  readonly tcp: string
  readonly counts: { records: number; bytes: number; dropped: number }
  close(): Promise<void>
}

export interface ReceiverTarget {
  readonly spool: Spool
  readonly limits: FollowLimits
  onProblem(what: string): void
}

/** Throws OperatorError when the address can't be listened on. */
export async function listenSyslog(
  { host, port }: ListenAddress,
  target: ReceiverTarget,
): Promise<SyslogReceiver> {
  const { spool, limits } = target
  const counts = { records: 0, bytes: 0, dropped: 0 }
  const sorter = new SyslogSorter()
  let batch = new Map<string, string[]>()
  let waiting = 0
  let unknown = false

  function take(text: string, sender: string): void {
    const message = readSyslog(text, new Date().toISOString(), sender)
    const { importer, line } = sorter.sort(message)
    if (importer === undefined && !unknown) {
      unknown = true
      target.onProblem(
        `lines of ${sender} are in no format that is known; they are kept in spool/syslog/unknown`,
      )
    }
    if (importer === undefined) counts.dropped++
    const name = `syslog/${importer === undefined ? 'unknown' : safeName(message.host)}/${importer ?? 'lines'}.log`
    const lines = batch.get(name)
    if (lines) lines.push(line)
    else batch.set(name, [line])
    counts.records++
    counts.bytes += line.length
    if (waiting++ === 0) setImmediate(flush)
    else if (waiting >= batchMax) flush()
  }

  function flush(): void {
    const all = batch
    batch = new Map()
    waiting = 0
    for (const [name, lines] of all) {
      try {
        if (spool.append(name, lines)) continue
        target.onProblem('the spool is full of what has not been read yet; what comes is dropped')
      } catch (error) {
        target.onProblem(
          `the spool can't be written: ${error instanceof Error ? error.message : String(error)}`,
        )
      }
      counts.dropped += lines.length
    }
  }

  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    if (sockets.size >= limits.connections) {
      counts.dropped++
      socket.destroy()
      return
    }
    sockets.add(socket)
    const sender = bareAddress(socket.remoteAddress)
    const frames = new SyslogFrames(
      {
        message: (text) => take(text, sender),
        tooLong: () => {
          counts.dropped++
        },
      },
      limits.syslogLineBytes,
    )
    socket.on('data', (bytes: Buffer) => frames.chunk(bytes))
    socket.on('end', () => frames.end())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  const bound = await listening(server, host, port)
  const udp = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: udpBufferBytes })
  udp.on('message', (bytes, { address }) => {
    if (bytes.length <= limits.syslogLineBytes) take(bytes.toString('utf8'), bareAddress(address))
    else counts.dropped++
  })
  try {
    // One port for both, as senders expect.
    await new Promise<void>((resolve, reject) => {
      udp.once('error', reject)
      udp.bind({ address: host, port: bound, exclusive: true }, () => {
        udp.off('error', reject)
        resolve()
      })
    })
  } catch (cause) {
    server.close()
    throw cannot(host, bound, 'UDP', cause)
  }
  udp.on('error', (error) => target.onProblem(`UDP: ${error.message}`))
  return {
    udp: shownAddress(host, bound),
    tcp: shownAddress(host, bound),
    counts,
    async close() {
      await new Promise<void>((resolve) => udp.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      flush()
    },
  }
}

function listening(server: ReturnType<typeof createServer>, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(cannot(host, port, 'TCP', error)))
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

export function cannot(host: string, port: number, what: string, cause: unknown): OperatorError {
  return new OperatorError('environment', {
    what: `${shownAddress(host, port)}: ${what} can't be listened on there (${cause instanceof Error ? cause.message : String(cause)})`,
    fix: 'Choose another address or a port above 1023 that is free.',
    cause,
  })
}

function bareAddress(address: string | undefined): string {
  return (address ?? 'unknown').replace(/^::ffff:/, '')
}

/** A sender's own name as part of a path. */
function safeName(host: string): string {
  const name = host.replace(/[^\w.-]/g, '_').slice(0, 64)
  return /^[\w-]/.test(name) ? name : `_${name}`
}
