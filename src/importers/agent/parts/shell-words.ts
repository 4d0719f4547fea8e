// Command lists to command text: `["bash","-lc","X"]` is X, other lists are joined, each word quoted as needed.

import { shellWord } from '../../../base/shell-quote.ts'

/** The shell text a `command` argument stands for; undefined when it is neither text nor a list of words. */
export function shellText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (!Array.isArray(value) || value.length === 0) return undefined
  const words: string[] = []
  for (const word of value) {
    if (typeof word === 'string') words.push(word)
    else if (typeof word === 'number' || typeof word === 'boolean') words.push(String(word))
    else return undefined
  }
  const inner = shellOf(words)
  return inner ?? words.map(shellWord).join(' ')
}

const shells = new Set(['bash', 'sh', 'zsh', 'dash', 'ash', 'ksh', 'fish'])

/** The script of `bash -lc SCRIPT` and its like, when nothing follows it. */
function shellOf(words: readonly string[]): string | undefined {
  const base = words[0]?.slice((words[0]?.lastIndexOf('/') ?? -1) + 1)
  if (!base || !shells.has(base)) return undefined
  let i = 1
  while (i < words.length && words[i]!.startsWith('-')) {
    const option = words[i]!
    if (!option.startsWith('--') && option.includes('c')) {
      return i + 2 === words.length ? words[i + 1] : undefined
    }
    i++
  }
  return undefined
}
