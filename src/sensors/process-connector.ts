// The kernel's reports on processes, read: `struct proc_event` in `struct cn_msg` in a netlink message
// (linux/cn_proc.h, linux/connector.h), all numbers in the machine's own order.

export type ProcessEvent = {
  /** Of this processor's events; a gap shows that some were lost. */
  readonly sequence: number
  readonly cpu: number
} & (
  | {
      readonly kind: 'fork'
      readonly pid: number
      readonly parent: number
      /** On the monotonic clock: within microseconds what /proc calls the start of the child, but for times of sleep. */
      readonly ns: number
    }
  | { readonly kind: 'exec'; readonly pid: number }
  | { readonly kind: 'exit'; readonly pid: number; readonly exitCode: number; readonly signal: number }
  | { readonly kind: 'other' }
)

const headers = { netlink: 16, connector: 20 } as const
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
const kinds = { fork: 1, exec: 2, exit: 0x8000_0000 } as const

/** The events of one read; threads of a process are no processes, and what is no event is passed over. */
export function* processEventsIn(bytes: Uint8Array): Generator<ProcessEvent> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + headers.netlink <= bytes.length; ) {
    const length = view.getUint32(at, littleEndian)
    const end = at + length
    if (length < headers.netlink || end > bytes.length) return
    const event = readEvent(view, at + headers.netlink, end)
    if (event) yield event
    at = at + ((length + 3) & ~3)
  }
}

function readEvent(view: DataView, from: number, end: number): ProcessEvent | undefined {
  const at = from + headers.connector
  if (at + 24 > end) return undefined
  const word = (offset: number) =>
    at + offset + 4 <= end ? view.getUint32(at + offset, littleEndian) : undefined
  const what = word(0) ?? 0
  // The kernel's answer to the wish to listen has no event in it.
  if (what === 0) return undefined
  const common = { sequence: view.getUint32(from + 8, littleEndian), cpu: word(4) ?? 0 }
  const [first, second, third, fourth] = [word(16), word(20), word(24), word(28)]
  if (what === kinds.fork && third !== undefined && third === fourth && second !== undefined)
    return {
      ...common,
      kind: 'fork',
      pid: third,
      parent: second,
      ns: Number(view.getBigUint64(at + 8, littleEndian)),
    }
  if (what === kinds.exec && second !== undefined) return { ...common, kind: 'exec', pid: second }
  if (what === kinds.exit && first === second && first !== undefined && third !== undefined)
    return { ...common, kind: 'exit', pid: first, exitCode: (third >>> 8) & 0xff, signal: third & 0x7f }
  return { ...common, kind: 'other' }
}

/** Counts what is missing in the numbers of each processor's events. */
export class LossCounter {
  readonly #next = new Map<number, number>()

  /** How many were missing before this one; -1 for one that was missed and comes late. */
  lost({ cpu, sequence }: Pick<ProcessEvent, 'cpu' | 'sequence'>): number {
    const expected = this.#next.get(cpu)
    const missing = expected === undefined ? 0 : (sequence - expected) | 0
    if (missing < 0) return -1
    this.#next.set(cpu, (sequence + 1) >>> 0)
    return missing
  }
}
