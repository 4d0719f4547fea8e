import { visible } from '../../../../src/base/terminal.ts'
import type { EgressRow } from '../../../../src/server/api.ts'

/** Host name where known, else the address, harmless to show. */
export function destinationText({ destination }: Pick<EgressRow, 'destination'>): string {
  return visible((destination ?? 'unknown destination').slice(0, 300))
}

/** `pool.example.com:3333`, `[2001:db8::1]:443`. */
export function endpointText(row: Pick<EgressRow, 'destination' | 'port'>): string {
  const host = destinationText(row)
  if (row.port === null) return host
  return host.includes(':') ? `[${host}]:${row.port}` : `${host}:${row.port}`
}

/** Rows have no name of their own: it is what they are grouped by. */
export function rowKeyOf(row: EgressRow): string {
  const { kind, destination, port, toolCall, tool, episodeUid, run, step, box } = row
  return JSON.stringify([kind, destination, port, toolCall, tool, episodeUid, run, step, box])
}
