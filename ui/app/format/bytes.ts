const units = ['kB', 'MB', 'GB', 'TB', 'PB']

/** `820 B`, `1.2 kB`, `35 MB`: powers of a thousand, two digits where they say something. */
export function bytesText(bytes: number): string {
  if (!Number.isFinite(bytes)) return '?'
  if (Math.abs(bytes) < 1000) return `${Math.round(bytes)} B`
  let value = bytes
  let unit = -1
  while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${Math.abs(value) < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}
