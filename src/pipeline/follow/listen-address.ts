// Where to listen, as it is typed: `127.0.0.1:5514`, `[::1]:5514`, `localhost:0`, `5514`.

import { isIP } from 'node:net'
import { OperatorError } from '../../base/errors.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** Throws OperatorError (usage) for what is no address, and for one that others can reach unless `insecure`. */
export function parseListen(option: string, text: string, insecure: boolean): ListenAddress {
  const match = /^(?:(?:\[([^\]]{1,64})\]|([^:[\]]{1,253})):)?(\d{1,5})$/.exec(text.trim())
  const port = Number(match?.[3])
  const named = match?.[1] ?? match?.[2] ?? '127.0.0.1'
  const host = named === 'localhost' ? '127.0.0.1' : named
  if (!match || port > 65_535 || isIP(host) === 0) {
    throw new OperatorError('usage', {
      what: `${option} wants an address and a port; got ${text}`,
      fix: `For example: ${option} 127.0.0.1:5514`,
    })
  }
  if (!isLoopback(host) && !insecure) {
    throw new OperatorError('usage', {
      what: `${option} ${text}: others can reach that address, and what comes there is neither encrypted nor signed`,
      why: 'Anybody who reaches it could write alarms and traces of their own.',
      fix: 'Listen on 127.0.0.1 and let a relay with TLS deliver there, or add --insecure.',
    })
  }
  return { host, port }
}

export function isLoopback(host: string): boolean {
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host) || host === '::1'
}

export function shownAddress(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
