// What a command line runs, once its quoting, variables, wrappers and encodings are undone.

import { codeCommands } from './code.ts'
import { decodeBase64Utf16 } from './decode.ts'
import { printed } from './filters.ts'
import { readShell } from './shell-reader.ts'
import { type Redirect, type Runner, type Stage, shellLimits } from './shell-words.ts'
import { unwrap } from './wrappers.ts'

export interface Invocation {
  /** Base name of what runs, as written: `ssh`, `python3`. */
  readonly program: string
  /** All words, the program's own first. A variable whose value the text does not tell stays `$NAME`. */
  readonly argv: readonly string[]
  /** `NAME=value` before the program. */
  readonly env: readonly (readonly [name: string, value: string])[]
  /** It does not hold up what follows: `&`, nohup, setsid, tmux, screen… */
  readonly background: boolean
  /** Base names of what wraps it, outermost first: `['sudo', 'nohup']`. */
  readonly wrappers: readonly string[]
  /** Standard input where the text tells: a here-document, a here-string, `echo … |`. */
  readonly stdin?: string
  readonly redirects: readonly Redirect[]
  /** The program to the left of the pipe. */
  readonly pipedFrom?: string
  /** How the text was hidden: `base64`, `hex`, `rot13`, `code` (a string in program text). */
  readonly decodedFrom?: string
  /** Stands in the body of a loop. */
  readonly inLoop: boolean
  /** One of its words changes from round to round; such a word shows its first value. */
  readonly varies: boolean
}

export const parseLimits = { ...shellLimits, invocations: 512, wrappers: 12, charsInAll: 131_072 } as const

interface Context {
  readonly depth: number
  readonly wrappers: readonly string[]
  readonly background: boolean
  readonly env: readonly (readonly [string, string])[]
  readonly redirects: readonly Redirect[]
  readonly inLoop: boolean
  readonly varies: boolean
  readonly stdin?: string
  readonly pipedFrom?: string
  readonly decodedFrom?: string
}

const shells = new Set(['sh', 'bash', 'zsh', 'dash', 'ash', 'ksh', 'fish', 'rbash', 'mksh'])
const interpreter =
  /^(?:python(?:[23](?:\.\d{1,2})?)?|pypy3?|node|nodejs|bun|deno|perl|ruby|php|ipython3?|lua)$/
const declarers = new Set(['export', 'declare', 'local', 'readonly', 'typeset'])

/**
 * Every simple command of a shell text, in order; pieces handed to another shell, decoder or interpreter
 * included. Never throws. Reads `parseLimits.textChars` characters and gives at most `parseLimits.invocations`.
 */
export function parseCommand(text: string): Invocation[] {
  return new Parser().parse(text)
}

class Parser {
  readonly #out: { -readonly [K in keyof Invocation]: Invocation[K] }[] = []
  readonly #variables = new Map<string, string>()
  readonly #loopVariables = new Set<string>()
  #charsLeft: number = parseLimits.charsInAll

  parse(text: string): Invocation[] {
    this.#shell(text, {
      depth: 0,
      wrappers: [],
      background: false,
      env: [],
      redirects: [],
      inLoop: false,
      varies: false,
    })
    return this.#out
  }

  #shell(text: string, context: Context): string | undefined {
    if (context.depth > parseLimits.depth || this.#charsLeft <= 0) return undefined
    this.#charsLeft -= Math.min(text.length, parseLimits.textChars)
    const runner: Runner = {
      variables: this.#variables,
      loopVariables: this.#loopVariables,
      mark: () => this.#out.length,
      background: (from) => {
        for (const invocation of this.#out.slice(from)) invocation.background = true
      },
      pipeline: (stages, background) => this.#pipeline(stages, background, context),
    }
    return readShell(text, runner, context.depth)
  }

  #pipeline(stages: readonly Stage[], background: boolean, context: Context): string | undefined {
    let output: string | undefined
    let decodedFrom = context.decodedFrom
    let pipedFrom = context.pipedFrom
    for (const [i, stage] of stages.entries()) {
      if (stage.compound) {
        output = stage.stdin
        pipedFrom = undefined
        continue
      }
      const stdin = stage.stdin ?? (i > 0 ? output : context.stdin)
      // `</dev/tcp/h/p` alone opens it: the shell's own no-op stands for the program.
      const argv = stage.argv.length === 0 && stage.redirects.length > 0 ? [':'] : stage.argv
      const program = baseName(argv[0] ?? '')
      if (argv.length > 0) {
        this.#run(argv, {
          depth: context.depth,
          wrappers: context.wrappers,
          background: background || context.background,
          env: stage.assigns,
          redirects: stage.redirects,
          inLoop: stage.inLoop || context.inLoop,
          varies: stage.varies || context.varies,
          ...(stdin !== undefined ? { stdin } : {}),
          ...(pipedFrom !== undefined ? { pipedFrom } : {}),
          ...(decodedFrom !== undefined ? { decodedFrom } : {}),
        })
      }
      const result = printed(program, argv, stdin)
      output = result?.text
      decodedFrom = result?.decodedFrom ?? decodedFrom
      pipedFrom = program
    }
    return output
  }

  #run(argv: readonly string[], context: Context): void {
    const program = baseName(argv[0] ?? '')
    if (program === '') return
    if (shells.has(program)) {
      this.#runShell(program, argv, context)
      return
    }
    if (program === 'eval') {
      const text = argv.slice(1).join(' ')
      this.#shell(text, { ...context, depth: context.depth + 1 })
      return
    }
    if (declarers.has(program)) {
      this.#declare(argv)
      return
    }
    if (interpreter.test(program)) {
      this.#runInterpreter(program, argv, context)
      return
    }
    if (/^(?:powershell|pwsh)(?:\.exe)?$/.test(program)) {
      this.#runPowershell(program, argv, context)
      return
    }

    const inner = context.wrappers.length < parseLimits.wrappers ? unwrap(program, argv) : undefined
    if (!inner) {
      this.#emit(program, argv, context)
      return
    }
    if (inner.keep) this.#emit(program, argv, { ...context, background: context.background })
    const innerContext = {
      ...context,
      depth: context.depth + 1,
      wrappers: [...context.wrappers, program],
      background: context.background || inner.background === true,
    }
    if (inner.text !== undefined) this.#shell(inner.text, innerContext)
    else if (inner.argv) this.#run(inner.argv, innerContext)
  }

  /** `bash -c '…'`, `sh -lc`, `… | sh`, `bash <<EOF`. */
  #runShell(program: string, argv: readonly string[], context: Context): void {
    const inner = { ...context, depth: context.depth + 1, wrappers: [...context.wrappers, program] }
    for (let i = 1; i < argv.length; i++) {
      const word = argv[i]!
      if (/^-[a-zA-Z]*c$/.test(word) || word === '--command') {
        const text = argv[i + 1]
        if (text === undefined) break
        for (const [n, value] of argv.slice(i + 2, i + 12).entries()) this.#variables.set(String(n), value)
        const before = this.#out.length
        if (text.trim() !== '' && !/^\s*\$[\w{(]/.test(text)) this.#shell(text, inner)
        // Redirects of the shell itself (`bash -c '…' > /dev/tcp/…`) are its own doing.
        if (this.#out.length === before || context.redirects.length > 0) this.#emit(program, argv, context)
        return
      }
      if (word === '-o' || word === '-O' || word === '--rcfile' || word === '--init-file') i++
      else if (!word.startsWith('-')) {
        this.#emit(program, argv, context) // A script file.
        return
      }
    }
    this.#emit(program, argv, context)
    if (context.stdin !== undefined) {
      const { stdin, ...rest } = inner
      this.#shell(stdin ?? '', rest)
    }
  }

  #runInterpreter(program: string, argv: readonly string[], context: Context): void {
    this.#emit(program, argv, context)
    let code: string | undefined
    let plain = true
    for (let i = 1; i < argv.length; i++) {
      if (/^-[A-Za-z]*[cer]$/.test(argv[i]!) || argv[i] === '--eval' || argv[i] === '--execute') {
        code = argv[i + 1]
        break
      }
      // `ruby -rsocket -e'…'`: the text may be glued to its option.
      const glued = /^-[ec](?=[^-\s\w]|.{8})/s.exec(argv[i]!)
      if (glued && program !== 'python') {
        code = argv[i]!.slice(2)
        break
      }
      if (!argv[i]!.startsWith('-')) {
        plain = false
        break
      }
    }
    if (code === undefined && plain) code = context.stdin
    if (code === undefined) return
    const { stdin: _, pipedFrom: __, ...rest } = context
    for (const command of codeCommands(code)) {
      const inner = {
        ...rest,
        depth: context.depth + 1,
        redirects: [],
        wrappers: [...context.wrappers, program],
        decodedFrom: command.decodedFrom ?? 'code',
      }
      if (command.argv) this.#run(command.argv, inner)
      else if (command.text !== undefined) this.#shell(command.text, inner)
    }
  }

  #runPowershell(program: string, argv: readonly string[], context: Context): void {
    this.#emit(program, argv, context)
    const at = argv.findIndex((word) => /^-(?:e|ec|enc|encodedcommand)$/i.test(word))
    const decoded = at > 0 ? decodeBase64Utf16(argv[at + 1] ?? '') : undefined
    if (decoded === undefined) return
    this.#shell(decoded, {
      ...context,
      depth: context.depth + 1,
      wrappers: [...context.wrappers, program],
      decodedFrom: 'base64',
    })
  }

  #declare(argv: readonly string[]): void {
    for (const word of argv.slice(1, 65)) {
      const equals = word.indexOf('=')
      const name = word.slice(0, equals)
      if (equals <= 0 || !/^\w{1,64}$/.test(name)) continue
      if (this.#variables.size >= parseLimits.variables && !this.#variables.has(name)) continue
      this.#variables.set(name, word.slice(equals + 1, equals + 1 + parseLimits.variableChars))
    }
  }

  #emit(program: string, argv: readonly string[], context: Context): void {
    if (this.#out.length >= parseLimits.invocations) return
    this.#out.push({
      program,
      argv,
      env: context.env,
      background: context.background,
      wrappers: context.wrappers,
      redirects: context.redirects,
      inLoop: context.inLoop,
      varies: context.varies,
      ...(context.stdin !== undefined ? { stdin: context.stdin } : {}),
      ...(context.pipedFrom !== undefined ? { pipedFrom: context.pipedFrom } : {}),
      ...(context.decodedFrom !== undefined ? { decodedFrom: context.decodedFrom } : {}),
    })
  }
}

export function baseName(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? path : path.slice(slash + 1)
}
