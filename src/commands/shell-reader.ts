// Reads shell text the way a POSIX shell (with bash's additions) splits it, and hands over finished pipelines.
// Total on any text: what it cannot make sense of is taken literally.

import { type Runner, type Stage, shellLimits, WordReader } from './shell-words.ts'

/** Words that begin or continue a compound command and are followed by a command. */
const keywords = new Set(['if', 'then', 'elif', 'else', 'while', 'until', 'do', '{', '!', 'time', 'coproc'])
const openers = new Set(['if', 'while', 'until', 'do', '{'])
const closers = new Set(['fi', 'done', 'esac', '}'])

/** Reads all of `text`. Returns what its last pipeline would print, when that can be told. */
export function readShell(text: string, runner: Runner, depth = 0): string | undefined {
  const bounded = text.length > shellLimits.textChars ? text.slice(0, shellLimits.textChars) : text
  return new ShellReader(bounded, runner, depth).list('')
}

class ShellReader extends WordReader {
  #hereDocs: { tag: string; dashed: boolean; quoted: boolean; stage: Stage }[] = []

  /** Commands up to `stop` (`)` for a subshell, empty for the whole text). */
  override list(stop: '' | ')'): string | undefined {
    let stages: Stage[] = []
    let stage = this.#stage()
    let output: string | undefined
    const marks: number[] = []
    /** Where a compound command that has just closed began; `&` behind it makes all of it background. */
    let closedMark = -1
    let cases = 0

    const endStage = () => {
      if (stage.argv.length > 0 || stage.assigns.length > 0 || stage.redirects.length > 0 || stage.compound) {
        stage.varies = this.varied
        stages.push(stage)
      }
      this.varied = false
      stage = this.#stage()
    }
    const endPipeline = (background: boolean) => {
      endStage()
      if (stages.length > 0) output = this.runner.pipeline(stages, background)
      if (background && closedMark >= 0) this.runner.background(closedMark)
      closedMark = -1
      stages = []
    }

    const text = this.text
    while (this.at < text.length) {
      const c = text[this.at]!
      const next = text[this.at + 1]
      if (c === ' ' || c === '\t' || c === '\r') this.at++
      else if (c === '\\' && next === '\n') this.at += 2
      else if (c === '\n') {
        this.at++
        if (this.#hereDocs.length > 0) this.#readHereDocs()
        endPipeline(false)
      } else if (c === '#') this.#skipTo('\n')
      else if (c === ';') {
        this.at += next === ';' ? 2 : 1
        endPipeline(false)
      } else if (c === '&') {
        if (next === '&') {
          this.at += 2
          endPipeline(false)
        } else if (next === '>') {
          this.at += text[this.at + 2] === '>' ? 3 : 2
          stage.redirects.push({ op: '&>', target: this.word().join(' ') })
        } else {
          this.at++
          endPipeline(true)
        }
      } else if (c === '|') {
        this.at += next === '|' || next === '&' ? 2 : 1
        if (next === '|') endPipeline(false)
        else endStage()
      } else if (c === ')') {
        this.at++
        if (stop === ')') break
        // The end of a `case` pattern, or a stray one: what was read as a command was none.
        if (cases > 0) stages = []
        stage = this.#stage()
      } else if (c === '(') {
        this.at++
        if (stage.argv.length === 1 && text[this.at] === ')') {
          this.at++ // `name() {`: the body is read as if it ran.
          stage = this.#stage()
          continue
        }
        if (next === '(') {
          this.skipPast('))')
          continue
        }
        const mark = this.runner.mark()
        if (!this.enter()) break
        const inner = this.list(')')
        this.depth--
        if (stage.argv.length === 0) {
          stage.compound = true
          if (inner !== undefined) stage.stdin = inner
          closedMark = mark
        }
      } else if (c === '<' || c === '>') this.#redirect(stage)
      else {
        const from = this.at
        const words = this.word()
        if (this.at === from) {
          this.at++
          continue
        }
        const raw = text.slice(from, this.at)
        if (isNumber(raw) && (text[this.at] === '<' || text[this.at] === '>')) continue // A descriptor number.
        if (stage.argv.length === 0) {
          if (keywords.has(raw)) {
            if (openers.has(raw)) marks.push(this.runner.mark())
            if (raw === 'do') this.loops++
            continue
          }
          if (closers.has(raw)) {
            if (raw === 'done') {
              this.loops = Math.max(0, this.loops - 1)
              marks.pop() // The `do`; the loop's own mark is below it.
            }
            if (raw === 'esac') cases--
            closedMark = marks.pop() ?? closedMark
            stage.compound = true
            continue
          }
          if (raw === 'for' || raw === 'select') {
            this.#loopHead(marks)
            continue
          }
          if (raw === 'case') {
            cases++
            marks.push(this.runner.mark())
            this.#skipTo(/\bin\b/y)
            continue
          }
          if (raw === 'function') {
            this.blanks()
            this.word()
            continue
          }
          const equals = raw.includes('=') ? assignmentAt(raw) : -1
          if (equals > 0) {
            this.#assign(stage, raw, equals, words)
            continue
          }
        }
        if (stage.argv.length === 0) stage.inLoop = this.loops > 0
        if (stage.argv.length < shellLimits.wordsPerCommand) stage.argv.push(...words.slice(0, 256))
      }
    }
    if (this.#hereDocs.length > 0) this.#readHereDocs()
    endPipeline(false)
    return output
  }

  protected override nested(text: string): string | undefined {
    return readShell(text, this.runner, this.depth + 1)
  }

  #stage(): Stage {
    return { argv: [], assigns: [], redirects: [], inLoop: this.loops > 0, varies: false, compound: false }
  }

  #assign(stage: Stage, raw: string, equals: number, words: readonly string[]): void {
    const name = raw.slice(0, raw[equals - 1] === '+' ? equals - 1 : equals)
    const isArray = equals === raw.length - 1 && this.text[this.at] === '('
    const joined = isArray ? this.#arrayWords().join(' ') : words.join(' ').slice(equals + 1)
    const value = joined.slice(0, shellLimits.variableChars)
    stage.assigns.push([name, value])
    const { variables } = this.runner
    // Only an assignment of its own lasts, but `X=1 cmd $X` is rare and the value is at least near.
    if (variables.size < shellLimits.variables || variables.has(name)) variables.set(name, value)
  }

  #arrayWords(): string[] {
    const all: string[] = []
    for (this.at++; this.at < this.text.length && all.length < shellLimits.wordsPerCommand; ) {
      const c = this.text[this.at]!
      const from = this.at
      if (c === ')') {
        this.at++
        break
      }
      all.push(...this.word())
      if (this.at === from) this.at++
    }
    return all
  }

  /** `for x in a b c; do`: the loop variable is read as its first value. */
  #loopHead(marks: number[]): void {
    marks.push(this.runner.mark())
    this.blanks()
    if (this.text.startsWith('((', this.at)) {
      this.skipPast('))')
      return
    }
    const name = this.word().join('')
    this.blanks()
    if (!/^in[\s;]/.test(this.text.slice(this.at, this.at + 3))) return
    this.at += 2
    let first: string | undefined
    let values = 0
    for (let i = 0; i < shellLimits.wordsPerCommand; i++) {
      this.blanks()
      const c = this.text[this.at]
      if (c === undefined || c === ';' || c === '\n') break
      const from = this.at
      const words = this.word()
      if (this.at === from) this.at++
      else {
        first ??= words[0]
        values += words.length
      }
    }
    const { variables, loopVariables } = this.runner
    const many = values > 1 || /[$`*?]|\{.*\}/.test(first ?? '')
    if (many && loopVariables.size < shellLimits.variables) loopVariables.add(name)
    if (first !== undefined && variables.size < shellLimits.variables && !/^[$`]/.test(first)) {
      variables.set(name, first)
    }
  }

  #redirect(stage: Stage): void {
    const text = this.text
    const match = /<<<|<<-|<<|<>|<&|>>|>&|>\||<\(|>\(|<|>/y
    match.lastIndex = this.at
    const op = match.exec(text)?.[0] ?? '<'
    this.at += op.length
    if (op === '<(' || op === '>(') {
      if (!this.enter()) return
      this.list(')')
      this.depth--
      stage.argv.push('/dev/fd/63')
      return
    }
    this.blanks()
    const from = this.at
    const target = this.word().join(' ')
    if (op === '<<' || op === '<<-') {
      const raw = text.slice(from, this.at)
      if (this.#hereDocs.length < 16 && target !== '') {
        this.#hereDocs.push({ tag: target, dashed: op === '<<-', quoted: /['"\\]/.test(raw), stage })
      }
    } else if (op === '<<<') stage.stdin = target
    else stage.redirects.push({ op: op === '>|' ? '>' : op, target })
  }

  #readHereDocs(): void {
    for (const doc of this.#hereDocs) {
      const lines: string[] = []
      while (this.at < this.text.length) {
        const end = this.text.indexOf('\n', this.at)
        const line = this.text.slice(this.at, end < 0 ? undefined : end)
        this.at = end < 0 ? this.text.length : end + 1
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
    const { variables } = this.runner
    return text.replace(/\$(?:\{(\w{1,64})\}|(\w{1,64}))/g, (all, braced?: string, bare?: string) => {
      return variables.get(braced ?? bare ?? '') ?? all
    })
  }

  #skipTo(what: string | RegExp): void {
    if (typeof what === 'string') {
      const end = this.text.indexOf(what, this.at)
      this.at = end < 0 ? this.text.length : end
      return
    }
    const line = this.text.indexOf('\n', this.at)
    const limit = Math.min(line < 0 ? this.text.length : line, this.at + 512)
    for (let at = this.at; at < limit; at++) {
      what.lastIndex = at
      if (what.test(this.text)) {
        this.at = what.lastIndex
        return
      }
    }
    this.at = limit
  }
}

function assignmentAt(raw: string): number {
  const match = /^[A-Za-z_]\w*(?:\[[^\]]{0,64}\])?\+?=/.exec(raw)
  return match ? match[0].length - 1 : -1
}

function isNumber(text: string): boolean {
  return text.length > 0 && text.length < 5 && /^\d+$/.test(text)
}
