// The words of a shell command, quotes taken off. Enough to find an option's value; expansions stay as written.

/** Most words of one command. */
const wordsMax = 10_000

/** Total on any text: an unclosed quote reaches to the end. */
export function wordsOfShell(text: string): string[] {
  const words: string[] = []
  let word: string[] | undefined
  let i = 0
  const add = (piece: string) => {
    word ??= []
    word.push(piece)
  }
  while (i < text.length && words.length < wordsMax) {
    const c = text[i]
    if (c === "'") {
      const end = closing(text, "'", i + 1)
      add(text.slice(i + 1, end))
      i = end + 1
    } else if (c === '"') {
      i = doubleQuoted(text, i + 1, add)
    } else if (c === '\\') {
      if (text[i + 1] !== '\n') add(text[i + 1] ?? '')
      i += 2
    } else if (c === ' ' || c === '\t' || c === '\n' || c === '\r') {
      if (word) words.push(word.join(''))
      word = undefined
      i++
    } else {
      let end = i + 1
      while (end < text.length && !'\'"\\ \t\n\r'.includes(text[end]!)) end++
      add(text.slice(i, end))
      i = end
    }
  }
  if (word) words.push(word.join(''))
  return words
}

function doubleQuoted(text: string, from: number, add: (piece: string) => void): number {
  let start = from
  let i = from
  add('')
  while (i < text.length && text[i] !== '"') {
    if (text[i] === '\\' && '"\\$`\n'.includes(text[i + 1] ?? ' ')) {
      add(text.slice(start, i))
      if (text[i + 1] !== '\n') add(text[i + 1] ?? '')
      i += 2
      start = i
    } else i++
  }
  add(text.slice(start, i))
  return i + 1
}

function closing(text: string, quote: string, from: number): number {
  const end = text.indexOf(quote, from)
  return end < 0 ? text.length : end
}
