// Commands inside program text: `os.system('…')`, `subprocess.run([...])`, `execSync("…")`, `!pip install x`.

import { decodeBase64, decodeHex } from './decode.ts'

export interface CodeCommand {
  readonly text?: string
  readonly argv?: readonly string[]
  readonly decodedFrom?: string
}

const commandsMax = 64
const codeCharsMax = 65_536

const launchers =
  /\b(?:os\.(?:system|popen|exec[lv]p?e?|spawn[lv]p?e?)|subprocess\.(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput)|(?:child_process\.)?(?:exec|execSync|spawn|spawnSync|execFile|execFileSync)|create_subprocess_(?:shell|exec)|pty\.spawn|system|popen|shell_exec|passthru|proc_open|Command::new|exec\.Command|check_output|Popen|sh\.run)\s{0,4}\(\s{0,40}/g

const decoders =
  /\b(?:b64decode|decodestring|decodebytes|urlsafe_b64decode|atob|base64_decode|decode64|unhexlify|fromhex|a2b_hex|a2b_base64|Buffer\.from)\s{0,4}\(\s{0,8}[brf]{0,2}(["'`])([A-Za-z0-9+/=_\s-]{8,65536}?)\1/g

/** What program text would start, as far as literals tell. Nested encodings are followed `depth` deep. */
export function codeCommands(code: string, depth = 3): CodeCommand[] {
  const text = code.length > codeCharsMax ? code.slice(0, codeCharsMax) : code
  const found: CodeCommand[] = []
  for (const match of text.matchAll(launchers)) {
    if (found.length >= commandsMax) break
    const command = argumentAt(text, match.index + match[0].length)
    if (command) found.push(command)
  }
  if (depth > 0) {
    for (const decoded of decodedLiterals(text)) {
      if (found.length >= commandsMax) break
      const inner = codeCommands(decoded.text, depth - 1)
      if (inner.length > 0) found.push(...inner.map((c) => ({ ...c, decodedFrom: decoded.from })))
      else found.push({ text: decoded.text, decodedFrom: decoded.from })
    }
  }
  // Notebook cells: `!cmd` and `%%bash`.
  if (text.includes('!') || text.includes('%%')) {
    const cell = /^%%(?:bash|sh|script bash)[^\n]*\n([\s\S]*)/.exec(text.trimStart())
    if (cell) found.push({ text: cell[1]! })
    else {
      for (const line of text.matchAll(/^[ \t]{0,32}!(?!=)([^\n]{1,4096})/gm)) {
        if (found.length < commandsMax) found.push({ text: line[1]! })
      }
    }
  }
  return found.slice(0, commandsMax)
}

/** String literals that the text itself hands to a base64 or hex decoder. */
export function decodedLiterals(text: string): { text: string; from: string }[] {
  const found: { text: string; from: string }[] = []
  for (const match of text.matchAll(decoders)) {
    if (found.length >= 16) break
    const hex = /hex/.test(match[0].slice(0, 24))
    const decoded = hex ? decodeHex(match[2]!) : (decodeBase64(match[2]!) ?? decodeHex(match[2]!))
    if (decoded !== undefined) found.push({ text: decoded, from: hex ? 'hex' : 'base64' })
  }
  return found
}

/** A string literal is shell text; a list (or several arguments) of literals is an argument vector. */
function argumentAt(text: string, at: number): CodeCommand | undefined {
  const list = text[at] === '['
  let i = list ? at + 1 : at
  const words: string[] = []
  for (let n = 0; n < 64; n++) {
    while (i < text.length && /[\s,[\]]/.test(text[i]!) && text[i] !== ']') i++
    const literal = literalAt(text, i)
    if (!literal) break
    words.push(literal.value)
    i = literal.end
    while (i < text.length && (text[i] === ' ' || text[i] === '\n')) i++
    if (text[i] !== ',') break
    i++
  }
  if (words.length === 0) return undefined
  if (list || (words.length > 1 && !/\s/.test(words[0]!))) return { argv: words }
  return { text: words[0]! }
}

function literalAt(text: string, from: number): { value: string; end: number } | undefined {
  let at = from
  while (at < from + 2 && /[rbfuRBFU]/.test(text[at] ?? '')) at++
  const quote = text[at]
  if (quote !== '"' && quote !== "'" && quote !== '`') return undefined
  const triple = text.startsWith(quote.repeat(3), at)
  const close = triple ? quote.repeat(3) : quote
  let value = ''
  for (let i = at + close.length; i < text.length && value.length < 16_384; ) {
    if (text.startsWith(close, i)) return { value, end: i + close.length }
    if (text[i] === '\\') {
      const next = text[i + 1] ?? ''
      value += next === 'n' ? '\n' : next === 't' ? '\t' : next
      i += 2
    } else value += text[i++]
  }
  return undefined
}
