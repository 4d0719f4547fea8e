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
