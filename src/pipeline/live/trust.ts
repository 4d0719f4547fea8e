// Makes programs inside trust the run's own authority, where the policy looks into TLS; nowhere else is it known.

import { readFileSync } from 'node:fs'
import type { Authority } from '../../gateway/authority.ts'
import type { Policy } from '../../schema/policy.ts'

export interface Trust {
  readonly authority: Authority
  readonly files: readonly { readonly path: string; readonly text: string }[]
  readonly env: Readonly<Record<string, string>>
}

/** Where systems keep the bundle that their libraries read. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

const own = '/run/vigiles/authority.pem'
const bundle = '/run/vigiles/bundle.pem'

/** Undefined when no rule is about requests: then TLS is left as it is. */
export async function trustFor(policy: Policy): Promise<Trust | undefined> {
  const looks = policy.intercept.length > 0 || policy.rules.some(({ methods, paths }) => methods ?? paths)
  if (!looks) return undefined
  // Loaded only where it is used.
  const [{ makeAuthority }, { rootCertificates }] = await Promise.all([
    import('../../gateway/authority.ts'),
    import('node:tls'),
  ])
  const authority = makeAuthority(Date.now())
  const present = systemBundles.flatMap((path) => {
    const text = quietly(path)
    return text === undefined ? [] : [{ path, text }]
  })
  const known = present[0]?.text ?? rootCertificates.join('\n')
  // What a company's own proxy needs outside is needed inside as well.
  const extra = quietly(process.env.NODE_EXTRA_CA_CERTS ?? '') ?? ''
  const added = `${extra}\n${authority.certificate}`
  const all = `${known}\n${added}`
  return {
    authority,
    files: [
      { path: own, text: added },
      { path: bundle, text: all },
      ...present.map(({ path, text }) => ({ path, text: `${text}\n${authority.certificate}` })),
    ],
    env: {
      // Node adds to its own list; the others replace theirs.
      NODE_EXTRA_CA_CERTS: own,
      DENO_CERT: own,
      SSL_CERT_FILE: bundle,
      CURL_CA_BUNDLE: bundle,
      REQUESTS_CA_BUNDLE: bundle,
      PIP_CERT: bundle,
      GIT_SSL_CAINFO: bundle,
      AWS_CA_BUNDLE: bundle,
      CARGO_HTTP_CAINFO: bundle,
      NIX_SSL_CERT_FILE: bundle,
    },
  }
}

function quietly(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
