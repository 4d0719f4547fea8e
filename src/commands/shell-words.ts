// Words of a shell text: quotes, escapes, variables and substitutions.

import { unescapeAnsi } from './escapes.ts'

export interface Redirect {
  /** `<`, `>`, `>>`, `<>`, `>&`, `&>`, `<<<`… without the descriptor number. */
  readonly op: string
  readonly target: string
}

/** One simple command of a pipeline, words already expanded where their values stand in the text. */
export interface Stage {
  readonly argv: string[]
  readonly assigns: (readonly [name: string, value: string])[]
  readonly redirects: Redirect[]
  /** Here-document or here-string. */
  stdin?: string
  inLoop: boolean
  /** One of its words changes from round to round of a loop. */
  varies: boolean
  /** It is a compound command that was already handed over; only its place in the pipeline counts. */
  compound: boolean
}

export interface Runner {
  /** A finished pipeline. Returns what its last stage would print, when the text tells. */
  pipeline(stages: readonly Stage[], background: boolean): string | undefined
  /** How many commands were handed over so far; with `background` a compound command is marked afterwards. */
  mark(): number
  background(fromMark: number): void
  variables: Map<string, string>
  /** Loop variables with several values; each is read as its first. */
  loopVariables: Set<string>
}

export const shellLimits = {
  /** Characters read of one text. */
  textChars: 16_384,
  /** Nested substitutions, subshells and `-c` texts. */
  depth: 10,
  wordChars: 16_384,
  wordsPerCommand: 2_048,
  variables: 256,
  variableChars: 4_096,
} as const

/** Reads words from a text at a moving place; what reads whole commands is built upon it. */
export abstract class WordReader {
  protected at = 0
  protected loops = 0
  /** A word of the command being read holds a loop variable. */
  protected varied = false
  protected readonly text: string
  protected readonly runner: Runner
  protected depth: number

  constructor(text: string, runner: Runner, depth: number) {
    this.text = text
    this.runner = runner
    this.depth = depth
  }

  /** Commands up to `stop`; returns what the last of them would print. */
  protected abstract list(stop: '' | ')'): string | undefined
  /** Commands of a text of its own (backticks). */
  protected abstract nested(text: string): string | undefined

  /** One word; several when an unquoted variable holds blanks. Leaves `at` in place when there is none. */
  protected word(): string[] {
    const text = this.text
    const from = this.at
    while (this.at < text.length && isPlain(text.charCodeAt(this.at))) this.at++
    let current = text.slice(from, this.at)
    let done: string[] | undefined
    let any = this.at > from
    while (this.at < text.length && current.length < shellLimits.wordChars) {
      const c = text[this.at]!
      if (c === "'") {
        any = true
        const end = text.indexOf("'", this.at + 1)
        current += text.slice(this.at + 1, end < 0 ? undefined : end)
        this.at = end < 0 ? text.length : end + 1
      } else if (c === '"') {
        any = true
        this.at++
        current += this.#doubleQuoted()
      } else if (c === '\\') {
        any = true
        if (text[this.at + 1] !== '\n') current += text[this.at + 1] ?? ''
        this.at += 2
      } else if (c === '$' && text[this.at + 1] === "'") {
        any = true
        current += this.#ansiQuoted()
      } else if (c === '$' || c === '`') {
        any = true
        const from = this.at
        const value = this.#dollar()
        const known = value !== text.slice(from, this.at)
        // Splitting keeps `CMD="ssh -R …"; $CMD` a command with arguments.
        if (known && /[ \t\n]/.test(value)) {
          const fields = value.split(/[ \t\n]+/)
          done ??= []
          done.push(current + fields[0]!)
          for (const field of fields.slice(1, -1)) done.push(field)
          current = fields.at(-1)!
        } else current += value
      } else if (' \t\r\n;&|<>()'.includes(c)) {
        break
      } else {
        const from = this.at++
        while (this.at < text.length && isPlain(text.charCodeAt(this.at))) this.at++
        current += text.slice(from, this.at)
        any = true
      }
    }
    if (!any) return []
    if (!done) return [current]
    done.push(current)
    return done.filter((word) => word !== '')
  }

  #doubleQuoted(): string {
    const text = this.text
    let out = ''
    while (this.at < text.length && out.length < shellLimits.wordChars) {
      const c = text[this.at]!
      if (c === '"') {
        this.at++
        return out
      }
      if (c === '\\') {
        const next = text[this.at + 1] ?? ''
        if (next !== '\n') out += '$`"\\'.includes(next) ? next : `\\${next}`
        this.at += 2
      } else if (c === '$' || c === '`') out += this.#dollar()
      else {
        const from = this.at++
        while (this.at < text.length && !'"\\$`'.includes(text[this.at]!)) this.at++
        out += text.slice(from, this.at)
      }
    }
    return out
  }

  /** `$'a\x41\n'`. */
  #ansiQuoted(): string {
    const from = this.at + 2
    let at = from
    while (at < this.text.length && this.text[at] !== "'") at += this.text[at] === '\\' ? 2 : 1
    this.at = at + 1
    return unescapeAnsi(this.text.slice(from, at))
  }

  /** A `$…` or backtick expansion: its value when known, else its text. */
  #dollar(): string {
    const text = this.text
    const start = this.at
    if (text[start] === '`') {
      let end = start + 1
      while (end < text.length && text[end] !== '`') end += text[end] === '\\' ? 2 : 1
      this.at = Math.min(text.length, end + 1)
      if (this.depth >= shellLimits.depth) return ''
      const inner = text.slice(start + 1, end).replace(/\\([`\\$])/g, '$1')
      return trimmed(this.nested(inner)) ?? text.slice(start, this.at)
    }
    const next = text[start + 1]
    if (next === '(') {
      if (text[start + 2] === '(') {
        this.at = start + 3
        this.skipPast('))')
        return text.slice(start, this.at)
      }
      this.at = start + 2
      if (!this.enter()) return ''
      const loops = this.loops
      const output = this.list(')')
      this.loops = loops
      this.depth--
      return trimmed(output) ?? text.slice(start, this.at)
    }
    if (next === '{') {
      const end = text.indexOf('}', start)
      this.at = end < 0 ? text.length : end + 1
      const body = text.slice(start + 2, end < 0 ? undefined : end)
      const match = /^(\w{1,64})(?::?-(.*))?/s.exec(body)
      if (match && this.runner.loopVariables.has(match[1]!)) this.varied = true
      if (body === 'IFS') return ' '
      const value = match && this.runner.variables.get(match[1]!)
      return value ?? match?.[2] ?? text.slice(start, this.at)
    }
    const name = /^\w{1,64}/.exec(text.slice(start + 1, start + 65))?.[0]
    if (name === undefined) {
      this.at = start + (next !== undefined && '@*#?$!-'.includes(next) ? 2 : 1)
      return text.slice(start, this.at)
    }
    this.at = start + 1 + name.length
    if (name === 'IFS') return ' '
    if (this.runner.loopVariables.has(name)) this.varied = true
    return this.runner.variables.get(name) ?? text.slice(start, this.at)
  }

  protected blanks(): void {
    while (this.text[this.at] === ' ' || this.text[this.at] === '\t') this.at++
  }

  protected skipPast(what: string): void {
    const end = this.text.indexOf(what, this.at)
    this.at = end < 0 ? this.text.length : end + what.length
  }

  protected enter(): boolean {
    if (this.depth >= shellLimits.depth) {
      this.at = this.text.length
      return false
    }
    this.depth++
    return true
  }
}

function trimmed(text: string | undefined): string | undefined {
  return text?.replace(/\n+$/, '')
}

/** 1 = neither blank, operator, quote, escape nor expansion. */
const plain = new Uint8Array(128).fill(1)
for (const c of ' \t\n\r;&|<>()\'"\\$`') plain[c.charCodeAt(0)] = 0

function isPlain(code: number): boolean {
  return code >= 128 || plain[code] === 1
}
