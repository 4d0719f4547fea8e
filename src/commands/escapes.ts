// The backslash escapes of C, as shells and printf know them.

/** C escapes of `$'…'`, `echo -e` and `printf`. */
export function unescapeAnsi(text: string): string {
  if (!text.includes('\\')) return text
  const simple: Record<string, string> = {
    n: '\n',
    t: '\t',
    r: '\r',
    a: '\x07',
    b: '\b',
    e: '\x1b',
    f: '\f',
    v: '\v',
  }
  return text.replace(
    /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|0?([0-7]{1,3})|(.))/gs,
    (_, hex?: string, unicode?: string, octal?: string, other?: string) => {
      const code = hex ?? unicode
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 255)
      return Object.hasOwn(simple, other!) ? simple[other!]! : other!
    },
  )
}
