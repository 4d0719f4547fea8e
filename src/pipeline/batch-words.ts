// Words that batches keep as small numbers, and the marks in them.

/** Separates the names of one list inside a text id. */
export const listSeparator = '\u0000'

export const transports = ['', 'tcp', 'udp', 'icmp', 'other'] as const
export const outcomes = ['', 'established', 'refused', 'no-answer', 'reset'] as const
export const timeSources = [
  'executor',
  'span',
  'transcript',
  'next-record',
  'batch',
  'episode',
  'file',
] as const
/** Beside `eventFlags`: the record says it was let through. */
export const allowedFlag = 32

/** Where a call's exit code is not known. Programs end with 0 to 255, on Windows with 32 bits of any sign. */
export const noExitCode = -0x8000_0000

export function exitCodeCell(code: number | undefined): number {
  return code !== undefined && Number.isInteger(code) && Math.abs(code) < 0x8000_0000 ? code : noExitCode
}
