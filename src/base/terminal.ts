// Text that somebody else wrote, made harmless to look at: what does not print is spelled out, never obeyed.

/**
 * Characters that move the cursor, change the direction of reading or cannot be seen at all: controls, soft
 * hyphen, bidirectional marks and overrides, zero-width ones, variation selectors, tags, lone surrogates.
 */
const unseen =
  /\u034f|[\u180b-\u180f]|[\ufe00-\ufe0e]|[\p{Cc}\u00ad\u061c\u115f\u1160\u17b4\u17b5\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff]|[\u{e0000}-\u{e0fff}]|\p{Cs}/gu

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\x1b': '\\x1b' }

/** `a<RLO>b` → `a\u{202e}b`. With `keepLines`, line feeds and tabs stay as they are (for blocks of text). */
export function visible(text: string, keepLines = false): string {
  return text.replace(unseen, (c) => {
    if (keepLines && (c === '\n' || c === '\t')) return c
    return short[c] ?? `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`
  })
}

/**
 * One line for a terminal: no control character or escape sequence of a log reaches it; at most `max`
 * characters, the cut shown by `…`.
 */
export function plain(text: string, max = 200): string {
  // Cutting before the spelling out bounds the work on a text of any size.
  const shown = visible(text.slice(0, max * 2 + 2))
  const points = Array.from(shown)
  if (points.length <= max && text.length <= max * 2 + 2) return shown
  return `${points.slice(0, Math.max(0, max - 1)).join('')}…`
}
