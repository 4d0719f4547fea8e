// The key that signs checkpoints and the seal. Made for each recording, outside the sandbox, and gone with it.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'

export interface Signer {
  /** The 32 bytes of the Ed25519 key in base64url. */
  readonly publicKey: string
  /** PKCS 8, PEM. */
  toPem(): string
  sign(line: Signed): string
}

/** What a signature stands for: every line before it, because `prev` is the hash over them all. */
export interface Signed {
  readonly seq: number
  readonly time: string
  readonly prev: string
}

export function newSigner(): Signer {
  return signerOf(generateKeyPairSync('ed25519').privateKey)
}

/** From the PEM text of {@link Signer.toPem}. Throws when it is none. */
export function readSigner(pem: string): Signer {
  return signerOf(createPrivateKey(pem))
}

function signerOf(key: KeyObject): Signer {
  return {
    publicKey: createPublicKey(key).export({ format: 'jwk' }).x ?? '',
    toPem: () => String(key.export({ format: 'pem', type: 'pkcs8' })),
    sign: (line) => sign(null, signedBytes(line), key).toString('base64url'),
  }
}

/** Whether a key made this signature. False for what is no key or no signature. */
export function holds(publicKey: string, signature: string, line: Signed): boolean {
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
    return verify(null, signedBytes(line), key, Buffer.from(signature, 'base64url'))
  } catch {
    return false
  }
}

function signedBytes({ seq, time, prev }: Signed): Buffer {
  return Buffer.from(`vigiles/checkpoint/v1 ${seq} ${time} ${prev}`)
}
