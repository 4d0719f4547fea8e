import type { Socket } from 'node:net'

/** Calls back with every line a socket receives; a peer that sends 64 KiB without one is cut off. */
export function eachLine(socket: Socket, onLine: (line: string) => void): void {
  let rest = ''
  socket.on('data', (data) => {
    rest += data.toString()
    const parts = rest.split('\n')
    rest = parts.pop() ?? ''
    if (rest.length > 65_536) socket.destroy()
    for (const part of parts) if (part.trim() !== '') onLine(part)
  })
}
