// What small filters print when their input is known: the heart of `echo … | base64 -d | sh`.

import { decodeBase64, decodeHex, rot13 } from './decode.ts'
import { unescapeAnsi } from './escapes.ts'

/** What a filter prints, when its input is known; undefined when the text does not tell. */
export function printed(
  program: string,
  argv: readonly string[],
  stdin: string | undefined,
): { text: string; decodedFrom?: string } | undefined {
  const options = argv.slice(1)
  switch (program) {
    case 'echo': {
      let words = options
      let escapes = false
      while (words[0] && /^-[neE]+$/.test(words[0])) {
        escapes ||= words[0].includes('e')
        words = words.slice(1)
      }
      const text = words.join(' ')
      return { text: escapes ? unescapeAnsi(text) : text }
    }
    case 'printf': {
      const [format = '', ...values] = options[0] === '--' ? options.slice(1) : options
      let used = 0
      const text = unescapeAnsi(format).replace(/%(?:s|b|d|%)/g, (directive) => {
        if (directive === '%%') return '%'
        const value = values[used++] ?? ''
        return directive === '%b' ? unescapeAnsi(value) : value
      })
      return { text, ...(/\\x[0-9a-f]{2}|\\[0-7]{3}/i.test(format) ? { decodedFrom: 'escapes' } : {}) }
    }
    case 'base64':
    case 'gbase64':
    case 'basenc': {
      if (!options.some((word) => /^-(?:d|D|di|id)$/.test(word) || word === '--decode')) return undefined
      return decodedOr(stdin, decodeBase64, 'base64')
    }
    case 'openssl': {
      const decodes = options.includes('-d') && (options[0] === 'base64' || options.includes('-base64'))
      return decodes ? decodedOr(stdin, decodeBase64, 'base64') : undefined
    }
    case 'xxd':
      return options.some((word) => /^-p?rp?$/.test(word)) ? decodedOr(stdin, decodeHex, 'hex') : undefined
    case 'rev':
      return stdin === undefined
        ? undefined
        : { text: [...stdin].reverse().join(''), decodedFrom: 'reversed' }
    case 'tr':
      if (stdin === undefined) return undefined
      if (/^n-za-mn-za-m$/i.test(options[1] ?? '')) return { text: rot13(stdin), decodedFrom: 'rot13' }
      if (options[0] === '-d') return { text: withoutCharacters(stdin, options[1] ?? '') }
      return undefined
    case 'cat':
    case 'tee':
      return stdin === undefined || (program === 'cat' && options.some((o) => !o.startsWith('-')))
        ? undefined
        : { text: stdin }
    default:
      return undefined
  }
}

function decodedOr(
  text: string | undefined,
  decode: (text: string) => string | undefined,
  decodedFrom: string,
): { text: string; decodedFrom: string } | undefined {
  const decoded = text === undefined ? undefined : decode(text.trim())
  return decoded === undefined ? undefined : { text: decoded, decodedFrom }
}

function withoutCharacters(text: string, set: string): string {
  const drop = new Set(unescapeAnsi(set))
  return [...text].filter((c) => !drop.has(c)).join('')
}
