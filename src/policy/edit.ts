// Adds one item to the `allow` or `deny` list of a policy's text, leaving everything else as the person wrote it.

/**
 * The text with the item added, or undefined when `allow` is written in a way that is not changed by hand safely
 * (a flow list, an alias). The caller parses the result before it is kept.
 *
 * @param item one item as YAML, without the dash
 */
export function withAllowed(text: string, item: string): string | undefined {
  return withItem(text, 'allow', item)
}

/** Likewise for `deny`. */
export function withDenied(text: string, item: string): string | undefined {
  return withItem(text, 'deny', item)
}

function withItem(text: string, list: 'allow' | 'deny', item: string): string | undefined {
  const lines = text.split('\n')
  const key = new RegExp(`^${list}[ \\t]*:`)
  const at = lines.findIndex((line) => key.test(line))
  if (at < 0) {
    const end = text === '' || text.endsWith('\n') ? '' : '\n'
    return `${text}${end}${list}:\n  - ${item}\n`
  }
  const rest = lines[at]!.replace(key, '')
    .replace(/(?:^|[ \t])#.*$/, '')
    .trim()
  if (rest === '[]' || rest === '~' || rest === 'null') {
    lines[at] = lines[at]!.replace(/:[ \t]*(?:\[\]|~|null)/, ':')
  } else if (rest !== '') return undefined
  const first = lines.slice(at + 1).find((line) => line.trim() !== '' && !line.trimStart().startsWith('#'))
  const indent = /^([ \t]*)-(?:[ \t]|$)/.exec(first ?? '')?.[1] ?? '  '
  lines.splice(at + 1, 0, `${indent}- ${item}`)
  return lines.join('\n')
}
