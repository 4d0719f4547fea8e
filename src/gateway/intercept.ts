// TLS opened in the middle: towards the sandbox with the run's own authority, towards the host with its real certificate checked.

import { isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect, TLSSocket } from 'node:tls'
import type { Authority } from './authority.ts'

/** HTTP/1.1 alone: requests of HTTP/2 are not read one by one here, and clients fall back. */
const protocols = ['http/1.1']

export function openTls(
  authority: Authority,
  client: Socket,
  upstream: Socket,
  host: string,
  /** Told when the host's own certificate does not hold, or it does not speak TLS. */
  onFault: (why: string) => void,
): { readonly client: Duplex; readonly upstream: Duplex } {
  const inner = new TLSSocket(client, {
    isServer: true,
    secureContext: authority.contextFor(host),
    ALPNProtocols: protocols,
  })
  const outer = openUpstream(upstream, host)
  // A certificate that does not hold is the client's failure too, before it sends anything.
  outer.once('error', (error) => {
    onFault(`${host} could not be trusted: ${error.message}`)
    client.destroy()
  })
  inner.once('error', () => {
    client.destroy()
    upstream.destroy()
  })
  return { client: inner, upstream: outer }
}

/** The host's certificate is checked against its name by Node's own list of authorities. */
export function openUpstream(upstream: Socket, host: string): Duplex {
  return connect({
    socket: upstream,
    host,
    ALPNProtocols: protocols,
    ...(isIP(host) === 0 && { servername: host }),
  })
}
