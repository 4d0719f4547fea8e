import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { makeAuthority } from './authority.ts'

describe('the authority of a run', () => {
  const authority = makeAuthority(Date.now())

  it('signs itself', () => {
    const certificate = new X509Certificate(authority.certificate)
    expect(certificate.ca).toBe(true)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
  })

  it.each(['api.example.com', '127.0.0.1', `${'long.'.repeat(20)}example.com`])(
    'answers for %s with a certificate that a TLS client accepts for it alone',
    async (host) => {
      const server = createServer({ SNICallback: (_, done) => done(null, authority.contextFor(host)) })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      // No server name is sent for an address, but it is what the certificate is checked against.
      const accepted = connect({
        port,
        host: '127.0.0.1',
        servername: host === '127.0.0.1' ? 'any.example' : host,
        ca: authority.certificate,
        checkServerIdentity: () => undefined,
      })
      await once(accepted, 'secureConnect')
      const { subjectaltname } = accepted.getPeerCertificate()
      expect(subjectaltname).toBe(host === '127.0.0.1' ? 'IP Address:127.0.0.1' : `DNS:${host}`)
      accepted.destroy()
      const other = connect({
        port,
        host: '127.0.0.1',
        servername: 'other.example',
        ca: authority.certificate,
      })
      const [error] = await once(other, 'error')
      expect(String(error)).toContain("Hostname/IP does not match certificate's altnames")
      server.close()
    },
  )
})
