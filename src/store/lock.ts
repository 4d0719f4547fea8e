// One writer a recording. The lock is the kernel's (flock), so that it ends with its holder, however that ends.

import koffi from 'koffi'

const LOCK_EX = 2
const LOCK_NB = 4

let flock: ((fd: number, operation: number) => number) | undefined

/** Whether the file is ours now; it stays so until its descriptor is closed. */
export function lockForWriting(fd: number): boolean {
  flock ??= koffi.load(null).func('int flock(int fd, int operation)') as (fd: number, op: number) => number
  return flock(fd, LOCK_EX | LOCK_NB) === 0
}
