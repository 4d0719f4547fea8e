// What a recording keeps secret while it is written: the key that signs, and the one that secrets' fingerprints are made with.

import { randomBytes } from 'node:crypto'
import { closeSync, constants, openSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { newSigner, readSigner, type Signer } from './signer.ts'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants

export interface Keys {
  readonly signer: Signer
  readonly redactKey: string
}

/** Fresh ones. With a file they are kept there (mode 0600), and a recording that is resumed goes on with them. */
export function keysFor(file: string | undefined, resumed: boolean): Keys & { readonly known: boolean } {
  const kept = file !== undefined && resumed ? readKeys(file) : undefined
  if (kept) return { ...kept, known: true }
  const keys: Keys = { signer: newSigner(), redactKey: randomBytes(32).toString('hex') }
  if (file !== undefined) writeKeys(file, keys)
  return { ...keys, known: false }
}

function writeKeys(file: string, { signer, redactKey }: Keys): void {
  const fd = openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    writeFileSync(fd, `${JSON.stringify({ privateKey: signer.toPem(), redactKey })}\n`)
  } finally {
    closeSync(fd)
  }
}

/** Undefined when the file is gone or holds no keys; such a file is removed, for new ones to take its place. */
function readKeys(file: string): Keys | undefined {
  let fd: number
  try {
    fd = openSync(file, O_RDONLY | O_NOFOLLOW)
  } catch {
    return undefined
  }
  try {
    const { privateKey, redactKey } = JSON.parse(readFileSync(fd, 'utf8'))
    if (typeof redactKey !== 'string') throw new TypeError('redactKey is no text')
    return { signer: readSigner(String(privateKey)), redactKey }
  } catch {
    unlinkSync(file)
    return undefined
  } finally {
    closeSync(fd)
  }
}
