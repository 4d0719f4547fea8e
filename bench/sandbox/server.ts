// The far end of everything: answers one question a connection, takes and gives bytes by the gigabyte, and notes when
// it heard first from whom. In a process of its own; the first message names the address and how many ports.

import { type AddressInfo, createServer, type Socket } from 'node:net'

const pong = Buffer.from('pong\n')
const page = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n')
const block = Buffer.alloc(1 << 18, 0x62)
const banner = 'SSH-2.0-OpenSSH_9.6\r\n'

/** Milliseconds on the machine's monotonic clock, by the far port that was heard. */
const firstHeard = new Map<number, number>()

process.on('message', (message: { host: string; ports: number } | 'heard') => {
  if (message === 'heard') {
    process.send?.([...firstHeard])
    firstHeard.clear()
    return
  }
  const ports: number[] = []
  for (let i = 0; i < message.ports; i++) {
    // The last one greets like an SSH server.
    const greets = i === message.ports - 1
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => serve(socket, greets))
    server.listen(0, message.host, 4096, () => {
      ports[i] = (server.address() as AddressInfo).port
      if (ports.filter(Boolean).length === message.ports) process.send?.(ports)
    })
  }
})
process.on('disconnect', () => process.exit(0))

function serve(socket: Socket, greets: boolean): void {
  if (greets) socket.write(banner)
  let wanted: number | undefined
  let got = 0
  socket.on('error', () => {})
  socket.on('end', () => socket.end())
  socket.on('data', (chunk: Buffer) => {
    if (wanted !== undefined) {
      got += chunk.length
      if (got >= wanted) socket.end('done\n')
      return
    }
    if (chunk[0] === 0x70 /* ping */) socket.end(pong)
    else if (chunk[0] === 0x47 /* GET */) socket.end(page)
    else if (chunk[0] === 0x74 /* take N */) {
      const end = chunk.indexOf(10) + 1
      wanted = Number(chunk.subarray(5, end - 1).toString())
      got = chunk.length - end
    } else if (chunk[0] === 0x67 /* give N */) give(socket, Number(chunk.subarray(5).toString()))
    else {
      const port = socket.localPort ?? 0
      if (!firstHeard.has(port)) firstHeard.set(port, Number(process.hrtime.bigint()) / 1e6)
      if (!greets) socket.write('{"id":1,"result":[[["mining.notify","a"]],"0800",4],"error":null}\n')
    }
  })
}

function give(socket: Socket, bytes: number): void {
  let left = bytes
  const more = () => {
    while (left > 0) {
      const chunk = left < block.length ? block.subarray(0, left) : block
      left -= chunk.length
      if (!socket.write(chunk)) return
    }
    socket.end()
  }
  socket.on('drain', more)
  more()
}
