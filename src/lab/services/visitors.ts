// People outside: one who uses the reverse tunnels once they are open, one who scans the published port.

import { connect } from 'node:net'

/** Knocks on the gateway's loopback ports; where a tunnel has opened one, asks through it now and then. */
export function throughTunnels(ports: readonly number[]): void {
  for (const port of ports) {
    let used = 0
    const timer = setInterval(() => {
      if (used >= 12) return clearInterval(timer)
      const socket = connect({ port, host: '127.0.0.1', timeout: 2000 })
      socket.on('connect', () => {
        used++
        socket.write(
          `GET /${used === 1 ? '' : `file-${used}`} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
        )
      })
      socket.on('data', () => {})
      socket.on('timeout', () => socket.destroy())
      socket.on('error', () => {}) // Not open yet.
    }, 1500)
  }
}

/** A few connections from outside to the one port that is published, at times of the scanner's choosing. */
export function scanPublished(from: string, to: string, port: number, afterMs: readonly number[]): void {
  for (const delay of afterMs) {
    setTimeout(() => {
      const socket = connect({ port, host: to, localAddress: from, timeout: 2000 })
      socket.on('connect', () =>
        socket.write('GET /actuator/env HTTP/1.0\r\nUser-Agent: masscan-like/1.0\r\n\r\n'),
      )
      socket.on('data', () => {})
      socket.on('timeout', () => socket.destroy())
      socket.on('error', () => {})
    }, delay)
  }
}
