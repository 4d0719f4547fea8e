/** A word as a POSIX shell reads it back: as it is, or in single quotes where it needs them. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** Words as one command line. */
export function shellWords(words: readonly string[]): string {
  return words.map(shellWord).join(' ')
}
