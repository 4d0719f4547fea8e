// Lines of `conntrack -E -o timestamp,id`, as the kernel's connection tracking tells them.
//
// [1795508856.447898]	    [NEW] tcp      6 120 SYN_SENT src=10.81.1.220 dst=198.51.100.88 sport=50580 dport=80 [UNREPLIED] src=… mark=101905 id=…

export interface ConntrackLine {
  /** When the tool read the kernel's message, µs since the epoch. */
  readonly us: number
  readonly kind: 'NEW' | 'UPDATE' | 'DESTROY'
  readonly protocol: 'tcp' | 'udp'
  readonly src: string
  readonly srcPort: number
  readonly dst: string
  readonly dstPort: number
  /** Where the reply is sent: the address after translation. */
  readonly natIp: string
  readonly natPort: number
  readonly mark: number
  readonly text: string
}

const shape =
  /^\[(\d+)\.(\d{6})\]\s+\[(NEW|UPDATE|DESTROY)\]\s+(tcp|udp)\s.*?\bsrc=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)\s.*?\bsrc=\S+ dst=(\S+) sport=\d+ dport=(\d+)(?:.*?\bmark=(\d+))?/

export function parseConntrack(text: string): ConntrackLine | undefined {
  const m = shape.exec(text)
  if (!m) return undefined
  return {
    us: Number(m[1]) * 1_000_000 + Number(m[2]),
    kind: m[3] as ConntrackLine['kind'],
    protocol: m[4] as ConntrackLine['protocol'],
    src: m[5]!,
    srcPort: Number(m[7]),
    dst: m[6]!,
    dstPort: Number(m[8]),
    natIp: m[9]!,
    natPort: Number(m[10]),
    mark: Number(m[11] ?? 0),
    text,
  }
}
