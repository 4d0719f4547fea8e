// A stratum v1 pool that speaks the protocol and nothing more: it hands out jobs, accepts every share, pays nobody.

import { createServer, type Socket } from 'node:net'
import { eachLine } from './lines.ts'

export function servePool(ip: string, port: number): void {
  createServer((socket) => {
    let job = 0
    const send = (message: object) => socket.writable && socket.write(`${JSON.stringify(message)}\n`)
    const notify = () => send({ id: null, method: 'mining.notify', params: jobParams(++job) })
    const timer = setInterval(notify, 4000)
    socket.on('close', () => clearInterval(timer))
    socket.on('error', () => socket.destroy())
    eachLine(socket, (line) => {
      const { id, method } = parse(line)
      if (method === 'mining.subscribe') {
        send({
          id,
          result: [[['mining.notify', 'ae6812eb4cd7735a302a8a9dd95cf71f']], '08000002', 4],
          error: null,
        })
      } else if (method === 'mining.authorize') {
        send({ id, result: true, error: null })
        send({ id: null, method: 'mining.set_difficulty', params: [512] })
        notify()
      } else send({ id, result: method === 'mining.submit', error: null })
    })
  }).listen(port, ip)
}

function jobParams(job: number): unknown[] {
  return [
    job.toString(16),
    '4d16b6f85af6e219',
    '01000000010000',
    '072f736c7573682f',
    [],
    '00000002',
    '1c2ac4af',
    '504e86b9',
    true,
  ]
}

function parse(line: string): { id: unknown; method: unknown } {
  try {
    const { id, method } = JSON.parse(line)
    return { id, method }
  } catch {
    return { id: null, method: undefined }
  }
}

/** A JSON-RPC service over bare TCP, one request a line: looks like a pool's protocol and is none. */
export function serveJsonRpc(ip: string, port: number): void {
  createServer((socket: Socket) => {
    socket.on('error', () => socket.destroy())
    eachLine(socket, (line) => {
      const { id, method } = parse(line)
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: { method, height: 812_004 } })}\n`)
    })
  }).listen(port, ip)
}
