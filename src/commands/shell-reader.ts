// Reads shell text the way a POSIX shell (with bash's additions) splits it, and hands over finished pipelines.
// Total on any text: what it cannot make sense of is taken literally.

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

/** Words that begin or continue a compound command and are followed by a command. */
const keywords = new Set(['if', 'then', 'elif', 'else', 'while', 'until', 'do', '{', '!', 'time', 'coproc'])
const openers = new Set(['if', 'while', 'until', 'do', '{'])
const closers = new Set(['fi', 'done', 'esac', '}'])

/** Reads all of `text`. Returns what its last pipeline would print, when that can be told. */
export function readShell(text: string, runner: Runner, depth = 0): string | undefined {
  const bounded = text.length > shellLimits.textChars ? text.slice(0, shellLimits.textChars) : text
  return new ShellReader(bounded, runner, depth).list('')
}

class ShellReader {
  #at = 0
  readonly #text: string
  readonly #runner: Runner
  #depth: number
  #loops = 0
  #hereDocs: { tag: string; dashed: boolean; quoted: boolean; stage: Stage }[] = []

  constructor(text: string, runner: Runner, depth: number) {
    this.#text = text
    this.#runner = runner
    this.#depth = depth
  }

  /** Commands up to `stop` (`)` for a subshell, empty for the whole text). */
  list(stop: '' | ')'): string | undefined {
    let stages: Stage[] = []
    let stage = this.#stage()
    let output: string | undefined
    const marks: number[] = []
    /** Where a compound command that has just closed began; `&` behind it makes all of it background. */
    let closedMark = -1

    const endStage = () => {
      if (stage.argv.length > 0 || stage.assigns.length > 0 || stage.redirects.length > 0 || stage.compound) {
        stages.push(stage)
      }
      stage = this.#stage()
    }
    const endPipeline = (background: boolean) => {
      endStage()
      if (stages.length > 0) output = this.#runner.pipeline(stages, background)
      if (background && closedMark >= 0) this.#runner.background(closedMark)
      closedMark = -1
      stages = []
    }

    const text = this.#text
    while (this.#at < text.length) {
      const c = text[this.#at]!
      const next = text[this.#at + 1]
      if (c === ' ' || c === '\t' || c === '\r') this.#at++
      else if (c === '\\' && next === '\n') this.#at += 2
      else if (c === '\n') {
        this.#at++
        if (this.#hereDocs.length > 0) this.#readHereDocs()
        endPipeline(false)
      } else if (c === '#') this.#skipTo('\n')
      else if (c === ';') {
        this.#at += next === ';' ? 2 : 1
        endPipeline(false)
      } else if (c === '&') {
        if (next === '&') {
          this.#at += 2
          endPipeline(false)
        } else if (next === '>') {
          this.#at += text[this.#at + 2] === '>' ? 3 : 2
          stage.redirects.push({ op: '&>', target: this.#word().join(' ') })
        } else {
          this.#at++
          endPipeline(true)
        }
      } else if (c === '|') {
        this.#at += next === '|' || next === '&' ? 2 : 1
        if (next === '|') endPipeline(false)
        else endStage()
      } else if (c === ')') {
        this.#at++
        if (stop === ')') break
        // The end of a `case` pattern, or a stray one: what was read as a command was none.
        stage = this.#stage()
      } else if (c === '(') {
        this.#at++
        if (stage.argv.length === 1 && text[this.#at] === ')') {
          this.#at++ // `name() {`: the body is read as if it ran.
          stage = this.#stage()
          continue
        }
        if (next === '(') {
          this.#skipPast('))')
          continue
        }
        const mark = this.#runner.mark()
        if (!this.#enter()) break
        const inner = this.list(')')
        this.#depth--
        if (stage.argv.length === 0) {
          stage.compound = true
          if (inner !== undefined) stage.stdin = inner
          closedMark = mark
        }
      } else if (c === '<' || c === '>') this.#redirect(stage)
      else {
        const from = this.#at
        const words = this.#word()
        if (this.#at === from) {
          this.#at++
          continue
        }
        const raw = text.slice(from, this.#at)
        if (isNumber(raw) && (text[this.#at] === '<' || text[this.#at] === '>')) continue // A descriptor number.
        if (stage.argv.length === 0) {
          if (keywords.has(raw)) {
            if (openers.has(raw)) marks.push(this.#runner.mark())
            if (raw === 'do') this.#loops++
            continue
          }
          if (closers.has(raw)) {
            if (raw === 'done') {
              this.#loops = Math.max(0, this.#loops - 1)
              marks.pop() // The `do`; the loop's own mark is below it.
            }
            closedMark = marks.pop() ?? closedMark
            stage.compound = true
            continue
          }
          if (raw === 'for' || raw === 'select') {
            this.#loopHead(marks)
            continue
          }
          if (raw === 'case') {
            marks.push(this.#runner.mark())
            this.#skipTo(/\bin\b/y)
            continue
          }
          if (raw === 'function') {
            this.#blanks()
            this.#word()
            continue
          }
          const equals = assignmentAt(raw)
          if (equals > 0) {
            this.#assign(stage, raw, equals, words)
            continue
          }
        }
        if (stage.argv.length === 0) stage.inLoop = this.#loops > 0
        if (stage.argv.length < shellLimits.wordsPerCommand) stage.argv.push(...words.slice(0, 256))
      }
    }
    if (this.#hereDocs.length > 0) this.#readHereDocs()
    endPipeline(false)
    return output
  }

  #stage(): Stage {
    return { argv: [], assigns: [], redirects: [], inLoop: this.#loops > 0, compound: false }
  }

  #enter(): boolean {
    if (this.#depth >= shellLimits.depth) {
      this.#at = this.#text.length
      return false
    }
    this.#depth++
    return true
  }

  #assign(stage: Stage, raw: string, equals: number, words: readonly string[]): void {
    const name = raw.slice(0, raw[equals - 1] === '+' ? equals - 1 : equals)
    const isArray = equals === raw.length - 1 && this.#text[this.#at] === '('
    const joined = isArray ? this.#arrayWords().join(' ') : words.join(' ').slice(equals + 1)
    const value = joined.slice(0, shellLimits.variableChars)
    stage.assigns.push([name, value])
    const { variables } = this.#runner
    // Only an assignment of its own lasts, but `X=1 cmd $X` is rare and the value is at least near.
    if (variables.size < shellLimits.variables || variables.has(name)) variables.set(name, value)
  }

  #arrayWords(): string[] {
    const all: string[] = []
    for (this.#at++; this.#at < this.#text.length && all.length < shellLimits.wordsPerCommand; ) {
      const c = this.#text[this.#at]!
      const from = this.#at
      if (c === ')') {
        this.#at++
        break
      }
      all.push(...this.#word())
      if (this.#at === from) this.#at++
    }
    return all
  }

  /** `for x in a b c; do`: the loop variable is read as its first value. */
  #loopHead(marks: number[]): void {
    marks.push(this.#runner.mark())
    this.#blanks()
    if (this.#text.startsWith('((', this.#at)) {
      this.#skipPast('))')
      return
    }
    const name = this.#word().join('')
    this.#blanks()
    if (!/^in[\s;]/.test(this.#text.slice(this.#at, this.#at + 3))) return
    this.#at += 2
    let first: string | undefined
    for (let i = 0; i < shellLimits.wordsPerCommand; i++) {
      this.#blanks()
      const c = this.#text[this.#at]
      if (c === undefined || c === ';' || c === '\n') break
      const from = this.#at
      const words = this.#word()
      if (this.#at === from) this.#at++
      else first ??= words[0]
    }
    const { variables } = this.#runner
    if (first !== undefined && variables.size < shellLimits.variables && !first.startsWith('$')) {
      variables.set(name, first)
    }
  }

  #redirect(stage: Stage): void {
    const text = this.#text
    const match = /<<<|<<-|<<|<>|<&|>>|>&|>\||<\(|>\(|<|>/y
    match.lastIndex = this.#at
    const op = match.exec(text)?.[0] ?? '<'
    this.#at += op.length
    if (op === '<(' || op === '>(') {
      if (!this.#enter()) return
      this.list(')')
      this.#depth--
      stage.argv.push('/dev/fd/63')
      return
    }
    this.#blanks()
    const from = this.#at
    const target = this.#word().join(' ')
    if (op === '<<' || op === '<<-') {
      const raw = text.slice(from, this.#at)
      if (this.#hereDocs.length < 16 && target !== '') {
        this.#hereDocs.push({ tag: target, dashed: op === '<<-', quoted: /['"\\]/.test(raw), stage })
      }
    } else if (op === '<<<') stage.stdin = target
    else stage.redirects.push({ op: op === '>|' ? '>' : op, target })
  }

  #readHereDocs(): void {
    for (const doc of this.#hereDocs) {
      const lines: string[] = []
      while (this.#at < this.#text.length) {
        const end = this.#text.indexOf('\n', this.#at)
        const line = this.#text.slice(this.#at, end < 0 ? undefined : end)
        this.#at = end < 0 ? this.#text.length : end + 1
        const bare = doc.dashed ? line.replace(/^\t+/, '') : line
        if (bare === doc.tag || bare === `${doc.tag}\r`) break
        lines.push(bare)
      }
      const body = lines.join('\n')
      doc.stage.stdin = doc.quoted ? body : this.#expandPlain(body)
    }
    this.#hereDocs = []
  }

  /** Variables in a here-document; substitutions in it stay as written. */
  #expandPlain(text: string): string {
    if (!text.includes('$')) return text
    const { variables } = this.#runner
    return text.replace(/\$(?:\{(\w{1,64})\}|(\w{1,64}))/g, (all, braced?: string, bare?: string) => {
      return variables.get(braced ?? bare ?? '') ?? all
    })
  }

  /** One word; several when an unquoted variable holds blanks. Leaves `#at` in place when there is none. */
  #word(): string[] {
    const text = this.#text
    let current = ''
    let done: string[] | undefined
    let any = false
    while (this.#at < text.length && current.length < shellLimits.wordChars) {
      const c = text[this.#at]!
      if (c === "'") {
        any = true
        const end = text.indexOf("'", this.#at + 1)
        current += text.slice(this.#at + 1, end < 0 ? undefined : end)
        this.#at = end < 0 ? text.length : end + 1
      } else if (c === '"') {
        any = true
        this.#at++
        current += this.#doubleQuoted()
      } else if (c === '\\') {
        any = true
        if (text[this.#at + 1] !== '\n') current += text[this.#at + 1] ?? ''
        this.#at += 2
      } else if (c === '$' && text[this.#at + 1] === "'") {
        any = true
        current += this.#ansiQuoted()
      } else if (c === '$' || c === '`') {
        any = true
        const value = this.#dollar()
        // Splitting keeps `CMD="ssh -R …"; $CMD` a command with arguments.
        if (/[ \t\n]/.test(value)) {
          const fields = value.split(/[ \t\n]+/)
          done ??= []
          done.push(current + fields[0]!)
          for (const field of fields.slice(1, -1)) done.push(field)
          current = fields.at(-1)!
        } else current += value
      } else if (' \t\r\n;&|<>()'.includes(c)) {
        break
      } else {
        const from = this.#at++
        while (this.#at < text.length && isPlain(text.charCodeAt(this.#at))) this.#at++
        current += text.slice(from, this.#at)
        any = true
      }
    }
    if (!any) return []
    if (!done) return [current]
    done.push(current)
    return done.filter((word) => word !== '')
  }

  #doubleQuoted(): string {
    const text = this.#text
    let out = ''
    while (this.#at < text.length && out.length < shellLimits.wordChars) {
      const c = text[this.#at]!
      if (c === '"') {
        this.#at++
        return out
      }
      if (c === '\\') {
        const next = text[this.#at + 1] ?? ''
        if (next !== '\n') out += '$`"\\'.includes(next) ? next : `\\${next}`
        this.#at += 2
      } else if (c === '$' || c === '`') out += this.#dollar()
      else {
        const from = this.#at++
        while (this.#at < text.length && !'"\\$`'.includes(text[this.#at]!)) this.#at++
        out += text.slice(from, this.#at)
      }
    }
    return out
  }

  /** `$'a\x41\n'`. */
  #ansiQuoted(): string {
    const from = this.#at + 2
    let at = from
    while (at < this.#text.length && this.#text[at] !== "'") at += this.#text[at] === '\\' ? 2 : 1
    this.#at = at + 1
    return unescapeAnsi(this.#text.slice(from, at))
  }

  /** A `$…` or backtick expansion: its value when known, else its text. */
  #dollar(): string {
    const text = this.#text
    const start = this.#at
    if (text[start] === '`') {
      let end = start + 1
      while (end < text.length && text[end] !== '`') end += text[end] === '\\' ? 2 : 1
      this.#at = Math.min(text.length, end + 1)
      if (this.#depth >= shellLimits.depth) return ''
      const inner = text.slice(start + 1, end).replace(/\\([`\\$])/g, '$1')
      return trimmed(readShell(inner, this.#runner, this.#depth + 1)) ?? text.slice(start, this.#at)
    }
    const next = text[start + 1]
    if (next === '(') {
      if (text[start + 2] === '(') {
        this.#at = start + 3
        this.#skipPast('))')
        return text.slice(start, this.#at)
      }
      this.#at = start + 2
      if (!this.#enter()) return ''
      const loops = this.#loops
      const output = this.list(')')
      this.#loops = loops
      this.#depth--
      return trimmed(output) ?? text.slice(start, this.#at)
    }
    if (next === '{') {
      const end = text.indexOf('}', start)
      this.#at = end < 0 ? text.length : end + 1
      const body = text.slice(start + 2, end < 0 ? undefined : end)
      const match = /^(\w{1,64})(?::?-(.*))?/s.exec(body)
      if (body === 'IFS') return ' '
      const value = match && this.#runner.variables.get(match[1]!)
      return value ?? match?.[2] ?? text.slice(start, this.#at)
    }
    const name = /^\w{1,64}/.exec(text.slice(start + 1, start + 65))?.[0]
    if (name === undefined) {
      this.#at = start + (next !== undefined && '@*#?$!-'.includes(next) ? 2 : 1)
      return text.slice(start, this.#at)
    }
    this.#at = start + 1 + name.length
    if (name === 'IFS') return ' '
    return this.#runner.variables.get(name) ?? text.slice(start, this.#at)
  }

  #blanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at++
  }

  #skipTo(what: string | RegExp): void {
    if (typeof what === 'string') {
      const end = this.#text.indexOf(what, this.#at)
      this.#at = end < 0 ? this.#text.length : end
      return
    }
    const line = this.#text.indexOf('\n', this.#at)
    const limit = Math.min(line < 0 ? this.#text.length : line, this.#at + 512)
    for (let at = this.#at; at < limit; at++) {
      what.lastIndex = at
      if (what.test(this.#text)) {
        this.#at = what.lastIndex
        return
      }
    }
    this.#at = limit
  }

  #skipPast(what: string): void {
    const end = this.#text.indexOf(what, this.#at)
    this.#at = end < 0 ? this.#text.length : end + what.length
  }
}

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

function assignmentAt(raw: string): number {
  const match = /^[A-Za-z_]\w*(?:\[[^\]]{0,64}\])?\+?=/.exec(raw)
  return match ? match[0].length - 1 : -1
}

function trimmed(text: string | undefined): string | undefined {
  return text?.replace(/\n+$/, '')
}

function isNumber(text: string): boolean {
  return text.length > 0 && text.length < 5 && /^\d+$/.test(text)
}

/** Neither blank, operator, quote, escape nor expansion. */
function isPlain(code: number): boolean {
  return !(
    code === 32 ||
    code === 9 ||
    code === 10 ||
    code === 13 ||
    code === 59 || // ;
    code === 38 || // &
    code === 124 || // |
    code === 60 || // <
    code === 62 || // >
    code === 40 || // (
    code === 41 || // )
    code === 39 || // '
    code === 34 || // "
    code === 92 || // \
    code === 36 || // $
    code === 96 // `
  )
}
