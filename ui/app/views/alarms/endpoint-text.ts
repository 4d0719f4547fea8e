import { visible } from '../../../../src/base/terminal.ts'

/** `pool.example.com:3333 (203.0.113.9)`: what an event was about, harmless to show. */
export function endpointText({
  name,
  dst,
  port,
}: {
  readonly name: string | null
  readonly dst: string | null
  readonly port: number | null
}): string {
  const host = name ?? dst ?? ''
  const shown = `${host.includes(':') && name === null ? `[${host}]` : host}${port === null ? '' : `:${port}`}`
  const address = name !== null && dst !== null && dst !== '' && dst !== name ? ` (${dst})` : ''
  return visible(`${shown}${address}`.slice(0, 300)) || '–'
}
