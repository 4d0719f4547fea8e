// One writer a recording. The lock is the kernel's (flock), so that it ends with its holder, however that ends.

import os from 'node:os'
import koffi from 'koffi'

const LOCK_EX = 2
const LOCK_NB = 4
const EWOULDBLOCK = os.constants.errno.EWOULDBLOCK

let flock: ((fd: number, operation: number) => number) | undefined

/**
 * Whether the file is ours now; it stays so until its descriptor is closed. Throws when the file system knows no locks:
 * then nobody can tell.
 */
export function lockForWriting(fd: number): boolean {
  flock ??= koffi.load(null).func('int flock(int fd, int operation)') as (fd: number, op: number) => number
  if (flock(fd, LOCK_EX | LOCK_NB) === 0) return true
  const errno = koffi.errno()
  if (errno === EWOULDBLOCK) return false
  throw Object.assign(new Error('The file system gives no lock'), { code: `errno ${errno} for flock` })
}
