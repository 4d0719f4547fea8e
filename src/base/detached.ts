/**
 * The same text with characters of its own. A piece cut from a text keeps all of it in memory: what is kept for
 * long must not hold the line, or the block of lines, that it stood in.
 */
export function detached(text: string): string {
  // Engines copy short pieces anyway; longer ones when they are put together anew.
  return text.length < 13 ? text : ` ${text}`.slice(1)
}
