// JSON nested without end parses, and then breaks whoever walks it or writes it again. It is refused at the door.

/** Deepest nesting of lists and objects that is handed on. */
export const jsonDepthMax = 256

/** True when a JSON text nests deeper than `max`. Texts with few brackets, nearly all, cost only a count of them. */
export function nestsDeeper(text: string, max: number = jsonDepthMax): boolean {
  if (text.length < max || count(text, '{', max) + count(text, '[', max) <= max) return false
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 34) {
      i = stringEnd(text, i)
      if (i < 0) return false // Cut off: no JSON.
    } else if (c === 123 || c === 91) {
      if (++depth > max) return true
    } else if (c === 125 || c === 93) depth--
  }
  return false
}

function count(text: string, what: string, enough: number): number {
  let n = 0
  for (let at = text.indexOf(what); at >= 0 && n <= enough; at = text.indexOf(what, at + 1)) n++
  return n
}

/** Where the string that begins at `from` ends; -1 when it does not. */
function stringEnd(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === 92) backslashes++
    if (backslashes % 2 === 0) return at
  }
  return -1
}
