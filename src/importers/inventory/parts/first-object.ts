/** Most characters looked at. */
const charsMax = 65_536

/**
 * The first JSON object in the beginning of a text: the document itself, the first element of an array, or of
 * the array below one of `wrappers`. Undefined when it does not end within the text.
 */
export function firstObject(
  text: string,
  wrappers: readonly string[] = [],
): Readonly<Record<string, unknown>> | undefined {
  const head = text.slice(0, charsMax)
  const list = /^\s*\[\s*(?=\{)/.exec(head)
  let from = list ? list[0].length : head.search(/\S/)
  for (const key of wrappers) {
    const wrapper = new RegExp(`^\\s*\\{\\s*"${key}"\\s*:\\s*\\[\\s*(?=\\{)`).exec(head)
    if (wrapper) from = wrapper[0].length
  }
  if (from < 0 || head[from] !== '{') return undefined
  const to = objectEnd(head, from)
  if (to === undefined) return undefined
  try {
    const value: unknown = JSON.parse(head.slice(from, to))
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** Where the object that begins at `from` ends (exclusive), strings respected. */
export function objectEnd(text: string, from: number): number | undefined {
  let depth = 0
  let inString = false
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (inString) {
      if (c === 92) i++
      else if (c === 34) inString = false
    } else if (c === 34) inString = true
    else if (c === 123 || c === 91) depth++
    else if (c === 125 || c === 93) {
      depth--
      if (depth === 0) return i + 1
    }
  }
  return undefined
}
