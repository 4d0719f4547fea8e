// What can go wrong while a recording is written, each told apart by its class.

/**
 * A line could not be written: the disk is full, a quota or size limit is reached, or the device fails. Nothing of it
 * is in the file. Whoever asked must deny what it was about to record; the next line is tried afresh.
 */
export class JournalFull extends Error {
  override name = 'JournalFull'
  /** ENOSPC, EDQUOT, EFBIG, EIO, or what else the system said. */
  readonly code: string

  constructor(cause: unknown) {
    const code = codeOf(cause)
    super(`The recording can't be written: ${code}`, { cause })
    this.code = code
  }
}

/** The journal was sealed or closed before. */
export class JournalClosed extends Error {
  override name = 'JournalClosed'

  constructor() {
    super('The recording is closed.')
  }
}

/** `ENOSPC` and the like of a system call's error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
