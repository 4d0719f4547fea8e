// Paths of requests against patterns, in every way a server could read them.

import { visible } from '../base/terminal.ts'

/** Longest path that is looked into; a longer one is ambiguous. */
export const pathCharsMax = 8_192

export interface PathPattern {
  readonly text: string
  readonly segments: readonly string[]
}

/** A pattern that begins with `/`: `*` within a segment, `**` alone for any number of segments. */
export function parsePathPattern(text: string): PathPattern {
  return { text, segments: text.split('/').slice(1) }
}

export type PathReading =
  /** Each of the ways in which a server may split it: decoded, and with %2F as part of a segment. */
  { readonly readings: readonly (readonly string[])[] } | { readonly ambiguous: string }

/** Reads a request's path (a query or fragment is left off). */
export function readPath(raw: string): PathReading {
  if (raw.length > pathCharsMax) return { ambiguous: `it is longer than ${pathCharsMax} characters` }
  // An absolute target, as proxies are sent; its host is judged as a name of its own.
  const path = raw.replace(/^[a-z][a-z0-9+.-]{0,30}:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '') || '/'
  if (path === '*') return { readings: [['*']] } // OPTIONS *
  if (!path.startsWith('/')) return { ambiguous: 'it does not begin with /' }
  if (path.includes('\\')) return { ambiguous: 'it holds a backslash' }
  if (visible(path) !== path || /[^\x21-\x7e]/.test(path))
    return { ambiguous: 'it holds a character that URLs spell out' }
  const raws = path.split('/').slice(1)
  const decoded: string[] = []
  for (const segment of raws) {
    const one = decode(segment)
    if (one === undefined) return { ambiguous: 'its percent-encoding is broken' }
    if (/%[0-9a-f]{2}/i.test(one)) return { ambiguous: 'it is encoded twice' }
    if (/[\0-\x1f\x7f\\]/.test(one)) return { ambiguous: 'it hides a control character or backslash' }
    decoded.push(one)
  }
  const split = decoded.some((one) => one.includes('/'))
    ? decoded.flatMap((one) => one.split('/'))
    : undefined
  const all = split ?? decoded
  // `;` begins a parameter for some servers: `..;` is then `..`.
  if (all.some((one) => /^\.{1,2}(?:;|$)/.test(one))) return { ambiguous: 'it steps through . or ..' }
  if (all.slice(0, -1).includes('')) return { ambiguous: 'it has an empty segment' }
  return { readings: split ? [decoded, split] : [decoded] }
}

function decode(segment: string): string | undefined {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** Does the pattern fit these segments? Linear in both for each `**`, without backtracking over more than one. */
export function pathFits(pattern: PathPattern, segments: readonly string[]): boolean {
  return fits(pattern.segments, segments, '**', segmentFits)
}

function segmentFits(pattern: string, segment: string): boolean {
  if (!pattern.includes('*')) return pattern === segment
  return fits([...pattern], [...segment], '*', (a, b) => a === b)
}

/** Wildcard match over lists: going back to the latest wildcard is enough, since earlier ones can't do better. */
function fits(
  pattern: readonly string[],
  items: readonly string[],
  wild: string,
  same: (pattern: string, item: string) => boolean,
): boolean {
  let p = 0
  let i = 0
  let wildAt = -1
  let retry = 0
  while (i < items.length) {
    if (p < pattern.length && pattern[p] === wild) {
      wildAt = p++
      retry = i
    } else if (p < pattern.length && same(pattern[p]!, items[i]!)) {
      p++
      i++
    } else if (wildAt >= 0) {
      p = wildAt + 1
      i = ++retry
    } else return false
  }
  while (pattern[p] === wild) p++
  return p === pattern.length
}
