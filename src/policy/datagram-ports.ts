import type { Policy, PortRange } from '../schema/policy.ts'
import { webPorts } from './compile.ts'

/** Ports to which any rule lets datagrams go, in order and without overlaps. */
export function datagramPorts({ rules }: Policy): PortRange[] {
  const open = rules
    .filter(({ effect, transports }) => effect === 'allow' && transports?.includes('udp'))
    .flatMap(({ ports = webPorts }) => ports)
    .sort((a, b) => a.from - b.from)
  const merged: PortRange[] = []
  for (const range of open) {
    const last = merged.at(-1)
    if (last && range.from <= last.to + 1)
      merged[merged.length - 1] = { ...last, to: Math.max(last.to, range.to) }
    else merged.push(range)
  }
  return merged
}
