// Rows of columns: a line of CSV, and looking a cell up by its header.

/** The cells of one CSV line (RFC 4180 quoting); undefined when a quote is left open. */
export function csvCells(text: string, separator = ','): string[] | undefined {
  if (!text.includes('"')) return text.split(separator)
  const cells: string[] = []
  let at = 0
  while (at <= text.length) {
    if (text[at] !== '"') {
      let end = text.indexOf(separator, at)
      if (end < 0) end = text.length
      cells.push(text.slice(at, end))
      at = end + 1
      continue
    }
    let cell = ''
    let from = at + 1
    for (;;) {
      const quote = text.indexOf('"', from)
      if (quote < 0) return undefined
      cell += text.slice(from, quote)
      from = quote + 1
      if (text[from] !== '"') break
      cell += '"'
      from++
    }
    // What stands between the closing quote and the separator is kept rather than lost.
    let end = text.indexOf(separator, from)
    if (end < 0) end = text.length
    cells.push(cell + text.slice(from, end))
    at = end + 1
  }
  return cells
}

/** Looks cells up by header name; of a name that stands twice the first counts. */
export function columnsOf(names: readonly string[]): Map<string, number> {
  const columns = new Map<string, number>()
  names.forEach((name, index) => {
    if (!columns.has(name)) columns.set(name, index)
  })
  return columns
}
