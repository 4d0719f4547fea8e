// The pieces of a journal line that learning looks at, and what is gathered for one destination.

export interface Destination {
  readonly host: string
  readonly kind: 'name' | 'ip'
  readonly port: number | undefined
  readonly transport: 'tcp' | 'udp' | 'icmp' | 'other'
  allowed: number
  refused: number
  readonly protocols: Set<string>
  readonly calls: Set<string>
  readonly programs: Set<string>
  readonly methods: Set<string>
  readonly paths: Set<string>
  /** Requests whose path did not fit any more, or was not read. */
  morePaths: boolean
  /** Reasons not to open it, each once. */
  readonly dangers: Set<string>
  /** Words by which a finding may name it. */
  readonly keys: Set<string>
}

export type Fields = { readonly [key: string]: unknown }

export function asObject(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A connection has one such line: `traffic` and `close` follow an `open`. */
export function isAttempt({ activity }: Fields): boolean {
  return activity !== 'close' && activity !== 'traffic'
}

export function callOf(line: Fields): string | undefined {
  const actor = asObject(line.actor)
  return text(actor?.toolCall) ?? text(asObject(actor?.label)?.toolCall)
}
