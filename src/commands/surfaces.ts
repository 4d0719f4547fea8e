// A tool call's text by what it is: shell, program code, or plain arguments.

import { codeCommands } from './code.ts'
import { type Invocation, parseCommand, parseLimits } from './parse.ts'

export interface Surfaces {
  /** Texts a shell runs. */
  readonly shell: readonly string[]
  /** Argument vectors run without a shell. */
  readonly argv: readonly (readonly string[])[]
  /** Python, JavaScript… that an interpreter tool runs. */
  readonly code: readonly string[]
}

const shellKeys = [
  'command',
  'cmd',
  'commands',
  'script',
  'shell',
  'bash',
  'cmdline',
  'command_line',
  'keystrokes',
]
const codeKeys = ['code', 'python', 'source', 'cell', 'snippet', 'python_code']
/** Tools whose arguments are words about files or the web, never run. */
const inert =
  /(?:^|[_\-.])(?:write|edit|create|replace|insert|patch|read|view|grep|search|glob|fetch|browse|todo|think|finish|note|memory)/i
const codeTool = /python|ipython|jupyter|notebook|code_?interp|javascript|node_?repl|execute_code|run_code/i

/** What the tool of this name is handed is program code, unless it looks like shell text. */
export function isCodeTool(name: string): boolean {
  return codeTool.test(name)
}

/**
 * Splits `command` (a shell text, or arguments as compact JSON) into what would run. `name` is the tool's.
 * A tool that only writes or reads runs nothing, whatever its arguments mention.
 */
export function surfacesOf(name: string, command: string): Surfaces {
  const first = command.charCodeAt(0)
  if (first !== 123 && first !== 91) {
    if (codeTool.test(name) && !looksLikeShell(command)) return { shell: [], argv: [], code: [command] }
    return { shell: [command], argv: [], code: [] }
  }
  let value: unknown
  try {
    value = JSON.parse(command)
  } catch {
    // Cut JSON, or a shell text that begins with a brace.
    if (inert.test(name)) return { shell: [], argv: [], code: [] }
    const text = /"(?:command|cmd|script)"\s{0,4}:\s{0,4}"((?:[^"\\]|\\.){1,16384})/s.exec(command)?.[1]
    return { shell: [text === undefined ? command : unescapeJson(text)], argv: [], code: [] }
  }
  const shell: string[] = []
  const argv: string[][] = []
  const code: string[] = []
  if (Array.isArray(value)) {
    if (value.every((v) => typeof v === 'string') && value.length > 0) argv.push(value.slice(0, 256))
    return { shell, argv, code }
  }
  if (typeof value !== 'object' || value === null) return { shell: [command], argv, code }
  const record = value as Record<string, unknown>
  const has = (key: string) => Object.hasOwn(record, key)
  // A text editor's own verb (`{"command":"create","path":…}`) is no shell command.
  const editor = has('path') || has('file_path') || has('file_text') || has('new_str')
  if (!editor) {
    for (const key of shellKeys) {
      if (!has(key)) continue
      const v = record[key]
      if (typeof v === 'string') shell.push(v)
      else if (Array.isArray(v) && v.length > 0 && v.every((w) => typeof w === 'string')) {
        if (key === 'commands' || v.some((w) => /\s/.test(w) && v.length === 1)) shell.push(...v.slice(0, 64))
        else argv.push(v.slice(0, 256))
      } else if (Array.isArray(v)) {
        for (const item of v.slice(0, 64)) {
          if (typeof item === 'object' && item !== null && 'keystrokes' in item) {
            if (typeof item.keystrokes === 'string') shell.push(item.keystrokes)
          }
        }
      }
    }
    if (!inert.test(name)) {
      for (const key of codeKeys) {
        const v = has(key) ? record[key] : undefined
        if (typeof v === 'string') code.push(v)
      }
      if (shell.length === 0 && argv.length === 0 && code.length === 0 && typeof record.input === 'string') {
        if (codeTool.test(name)) code.push(record.input)
        else if (/shell|bash|term|exec|command/i.test(name)) shell.push(record.input)
      }
    }
  }
  return { shell, argv, code }
}

/** Everything a call would run, from all its surfaces. */
export function callInvocations(name: string, command: string): Invocation[] {
  const surfaces = surfacesOf(name, command)
  const all: Invocation[] = []
  for (const text of surfaces.shell) all.push(...parseCommand(text))
  for (const argv of surfaces.argv) all.push(...parseCommand(argv.map(shellQuote).join(' ')))
  for (const code of surfaces.code) {
    for (const found of codeCommands(code)) {
      const text = found.argv ? found.argv.map(shellQuote).join(' ') : (found.text ?? '')
      for (const invocation of parseCommand(text)) {
        all.push({ ...invocation, decodedFrom: invocation.decodedFrom ?? found.decodedFrom ?? 'code' })
      }
    }
  }
  return all.length > parseLimits.invocations ? all.slice(0, parseLimits.invocations) : all
}

function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

function unescapeJson(text: string): string {
  try {
    const value: unknown = JSON.parse(`"${text.replace(/\\$/, '')}"`)
    return typeof value === 'string' ? value : text
  } catch {
    return text
  }
}

/** A python tool that was handed a shell line, as some traces record it. */
function looksLikeShell(text: string): boolean {
  return /^\s*(?:[A-Z_]+=\S+\s+)?(?:sudo|cd|ls|cat|git|pip3?|curl|wget|ssh|apt(?:-get)?|bash|sh|npm|echo|mkdir|export|python3?)\s/.test(
    text,
  )
}
