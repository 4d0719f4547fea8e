import { writeSync } from 'node:fs'
import { kernel } from './kernel.ts'
import { systemCallNumber } from './system-calls.ts'

/** A file that has no place on any disk, at its beginning; the caller closes it, or hands it to a child and then does. */
export function memoryFile(bytes: Uint8Array): number {
  const fd = kernel().syscall(
    'memfd_create',
    systemCallNumber('memfd_create'),
    'vigiles',
    1 /* MFD_CLOEXEC */,
  )
  for (let written = 0; written < bytes.length; ) {
    // With a position: the reader starts at the beginning.
    written += writeSync(fd, bytes, written, bytes.length - written, written)
  }
  return fd
}
