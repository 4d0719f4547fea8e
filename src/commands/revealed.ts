import { parseCommand } from './parse.ts'

/** Shorter words are options and numbers, which tell nothing. */
const wordMin = 8

/**
 * What a command line runs that does not stand in it to be read: base64, hex and variables undone. The first such
 * program with its words, or undefined when the text hides nothing. A loop's changing words are not hidden.
 */
export function revealedCommand(text: string): string | undefined {
  const hidden = parseCommand(text).find(
    ({ argv, varies }) => !varies && argv.some((word) => word.length >= wordMin && !text.includes(word)),
  )
  return hidden?.argv.map((word) => (/^[\w@%+=:,./$~-]+$/.test(word) ? word : `'${word}'`)).join(' ')
}
