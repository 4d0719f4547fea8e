// A certificate authority for one run: its key never leaves this process, its certificate is trusted inside the sandbox alone.

import { generateKeyPairSync } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import { BoundedMap } from '../base/bounded-map.ts'
import { makeCertificate } from './x509.ts'

export interface Authority {
  /** PEM. */
  readonly certificate: string
  /** What the gateway answers TLS with in the place of a host. */
  contextFor(host: string): SecureContext
}

const contextsMax = 1_000
/** A clock inside may be off by as much. */
const slackMs = 48 * 3_600_000
const lifeMs = 30 * 24 * 3_600_000

export function makeAuthority(nowMs: number): Authority {
  const curve = { namedCurve: 'P-256' } as const
  const authority = generateKeyPairSync('ec', curve)
  // One key for all hosts: it vouches for nothing outside this run.
  const server = generateKeyPairSync('ec', curve)
  const issuer = 'Vigiles, this run only'
  const validity = { notBefore: new Date(nowMs - slackMs), notAfter: new Date(nowMs + lifeMs) }
  const certificate = makeCertificate({
    subject: issuer,
    issuer,
    publicKey: authority.publicKey,
    signingKey: authority.privateKey,
    use: 'authority',
    ...validity,
  })
  const contexts = new BoundedMap<string, SecureContext>(contextsMax)
  return {
    certificate,
    contextFor(host) {
      const known = contexts.get(host)
      if (known) return known
      const cert = makeCertificate({
        subject: host,
        issuer,
        publicKey: server.publicKey,
        signingKey: authority.privateKey,
        use: 'server',
        ...validity,
      })
      const context = createSecureContext({
        cert,
        key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }),
        minVersion: 'TLSv1.2',
      })
      contexts.set(host, context)
      return context
    },
  }
}
