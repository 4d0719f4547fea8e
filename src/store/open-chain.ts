// Opens the file of a journal: a new one, or one that a crash left without an end.

import { createHash } from 'node:crypto'
import { closeSync, constants, existsSync, fstatSync, openSync, readSync, unlinkSync } from 'node:fs'
import { OperatorError } from '../base/errors.ts'
import { journalLineBytesMax, type RecoveredLine } from '../schema/journal.ts'
import { ChainFile } from './chain-file.ts'
import { checkLine, type Place } from './check-line.ts'
import { notWritable, prepareFolder, recordingPaths } from './folder.ts'
import { keysFor } from './keys.ts'
import { lockForWriting } from './lock.ts'
import type { Signer } from './signer.ts'

export interface Chain {
  readonly file: ChainFile
  readonly signer: Signer
  readonly redactKey: string
  /** The last whole line; seq 0 in a new journal. */
  readonly head: Place
  /** To be written first when the recording goes on after a crash. */
  readonly recovered?: RecoveredLine
  /** Removes the keys that were kept in a file. */
  forgetKeys(): void
}

interface ChainOptions {
  readonly dir: string
  readonly resume?: boolean
  readonly keyFile?: string
  readonly keepKey?: boolean
}

const cutTextMax = 500

/** Throws an {@link OperatorError}. */
export function openChain({ dir, resume = false, keyFile, keepKey = false }: ChainOptions): Chain {
  prepareFolder(dir, resume)
  const { journal } = recordingPaths(dir)
  let file: ChainFile | undefined
  try {
    const old = resume && existsSync(journal)
    file = new ChainFile(journal, { create: !old })
    if (!lockForWriting(file.fd)) throw inUse(dir)
    const end = old ? readEnd(journal, dir) : undefined
    const { signer, redactKey, known } = keysFor(keyFile, old)
    const forgetKeys = () => {
      if (keyFile !== undefined && !keepKey) unlinkSync(keyFile)
    }
    const chain = { file, signer, redactKey, forgetKeys }
    if (!end || end.head.seq === 0) {
      if (end) file.cutTo(0)
      return { ...chain, head: { seq: 0, hash: '' } }
    }
    file.cutTo(end.bytes)
    const recovered: RecoveredLine = {
      class: 'recovered',
      from: 'crash',
      ...(end.cut.length > 0 && { cut: cutOff(end.cut) }),
      ...(!known && { publicKey: signer.publicKey }),
    }
    return { ...chain, head: end.head, recovered }
  } catch (error) {
    file?.close()
    throw error instanceof OperatorError ? error : notWritable(dir, error)
  }
}

function cutOff(bytes: Buffer): NonNullable<RecoveredLine['cut']> {
  return {
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    text: bytes.toString('utf8').slice(0, cutTextMax),
  }
}

interface End {
  readonly head: Place
  /** Up to the end of the last whole line. */
  readonly bytes: number
  /** What stands behind it. */
  readonly cut: Buffer
}

/** The last whole line of a journal and what was being written behind it. */
function readEnd(path: string, dir: string): End {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const { size } = fstatSync(fd)
    const from = Math.max(0, size - 2 * journalLineBytesMax)
    const tail = Buffer.alloc(size - from)
    for (let at = 0; at < tail.length; ) {
      const read = readSync(fd, tail, at, tail.length - at, from + at)
      if (read === 0) break
      at += read
    }
    const end = tail.lastIndexOf(10) + 1
    const cut = tail.subarray(end)
    if (end === 0 && from === 0) return { head: { seq: 0, hash: '' }, bytes: 0, cut }
    const last = tail.subarray(
      tail.subarray(0, Math.max(0, end - 1)).lastIndexOf(10) + 1,
      Math.max(0, end - 1),
    )
    const head = lastPlace(last)
    if (typeof head === 'string') throw cannotResume(dir, head)
    return { head, bytes: from + end, cut }
  } finally {
    closeSync(fd)
  }
}

/** The place of a line that is taken by itself; what stands before it is for `verify`. */
function lastPlace(bytes: Buffer): Place | string {
  let row: { seq?: unknown; prev?: unknown } | null
  try {
    row = JSON.parse(bytes.toString('utf8'))
  } catch {
    return 'its last line is not JSON'
  }
  const { seq, prev } = row ?? {}
  if (typeof seq !== 'number' || typeof prev !== 'string') return 'its last line has no seq and prev'
  const checked = checkLine(bytes, { seq: seq - 1, hash: prev })
  if (typeof checked === 'string') return `of its last line ${checked}`
  return checked.row.class === 'seal' ? 'it is sealed' : checked.place
}

function cannotResume(dir: string, why: string): OperatorError {
  return new OperatorError('usage', {
    what: `The recording in ${dir} can't be gone on with.`,
    why: `Only one that a crash left open can: ${why}.`,
    fix: `Look at it with \`vigiles verify ${dir}\`, and record into another folder.`,
  })
}

function inUse(dir: string): OperatorError {
  return new OperatorError('usage', {
    what: `The recording in ${dir} is being written by another process.`,
    why: 'A recording has one writer, or its chain of hashes would fork.',
    fix: 'Name another folder, or wait for that run to end.',
  })
}
