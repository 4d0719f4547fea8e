// The file under a journal: text is appended whole or not at all.

import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  writeSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { JournalFull } from './errors.ts'

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
const syncData = promisify(fdatasync)

export class ChainFile {
  readonly fd: number
  #bytes: number
  /** Part of a line may stand behind `#bytes`: taking it back failed too. */
  #torn = false
  /** The folder's entry has to survive a power loss as well. */
  #nameSynced = false
  readonly #path: string

  /** Appends to an existing file, or makes one (mode 0600) that nobody made before. */
  constructor(path: string, { create }: { create: boolean }) {
    this.fd = openSync(path, O_WRONLY | O_APPEND | O_NOFOLLOW | (create ? O_CREAT | O_EXCL : 0), 0o600)
    this.#bytes = fstatSync(this.fd).size
    this.#path = path
  }

  get bytes(): number {
    return this.#bytes
  }

  /** When it returns the kernel has it all, and with `sync` the disk too. Throws {@link JournalFull} and then the file is as it was before. */
  append(text: string, { sync = false } = {}): void {
    const bytes = Buffer.from(text)
    let at = 0
    try {
      if (this.#torn) this.#takeBack()
      // A disk that fills takes a part and says so only when asked for the rest.
      while (at < bytes.length) at += writeSync(this.fd, bytes, at)
      if (sync) fdatasyncSync(this.fd)
      this.#bytes += bytes.length
    } catch (error) {
      if (at > 0) this.#torn = true
      try {
        if (this.#torn) this.#takeBack()
      } catch {
        // Tried again before the next line.
      }
      throw new JournalFull(error)
    }
  }

  /** Cuts the file to its first `bytes`. */
  cutTo(bytes: number): void {
    ftruncateSync(this.fd, bytes)
    this.#bytes = bytes
  }

  async sync(): Promise<void> {
    await syncData(this.fd)
    if (this.#nameSynced) return
    const folder = await open(dirname(this.#path), 'r')
    try {
      await folder.sync()
      this.#nameSynced = true
    } finally {
      await folder.close()
    }
  }

  close(): void {
    closeSync(this.fd)
  }

  #takeBack(): void {
    ftruncateSync(this.fd, this.#bytes)
    this.#torn = false
  }
}
