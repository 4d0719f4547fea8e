// Which files a command runs and which it writes, so that a run can be tied to what was written earlier.

import { printed } from './filters.ts'
import { baseName, type Invocation, parseCommand } from './parse.ts'
import { callInvocations } from './surfaces.ts'

export interface WrittenFile {
  readonly path: string
  readonly content: string
}

const interpreters =
  /^(?:ba|z|da|a|k|mk)?sh$|^fish$|^(?:python|pypy)[\d.]*$|^(?:node|nodejs|bun|deno|tsx|ts-node|perl|ruby|php|lua|Rscript|source|\.)$/
const notScripts = new Set(['run', 'test', 'install', 'eval', '-'])

/** Files the command runs: `python x.py`, `bash run.sh`, `./a`, `node m.js`, `source x`, `crontab x`. */
export function filesRun(command: string | readonly Invocation[]): string[] {
  const invocations = typeof command === 'string' ? invocationsOf(command) : command
  const paths = new Set<string>()
  for (const { program, argv, redirects } of invocations) {
    const first = argv[0]!
    if (first.includes('/') && !first.includes('://') && !/^\/(?:usr|s?bin|opt\/conda)\//.test(first))
      paths.add(first)
    if (program === 'go' && argv[1] === 'run') {
      const source = argv.slice(2).find((word) => word.endsWith('.go'))
      if (source !== undefined) paths.add(source)
      continue
    }
    if (!interpreters.test(program) && program !== 'crontab' && program !== 'at') continue
    for (let i = 1; i < argv.length; i++) {
      const word = argv[i]!
      if (/^-(?:[a-zA-Z]*c|e|m|-eval|p)$/.test(word)) break
      if (/^-(?:W|X|r|O|o|-require|-import|-loader)$/.test(word)) {
        i++
        continue
      }
      if (word.startsWith('-') || notScripts.has(word)) continue
      paths.add(word)
      break
    }
    for (const { op, target } of redirects) if (op === '<') paths.add(target)
    if (paths.size > 64) break
  }
  return [...paths]
}

/** Files a command puts text into: `cat > f <<EOF`, `echo … > f`, `printf … | tee f`. At most 64. */
export function filesWritten(command: string | readonly Invocation[]): WrittenFile[] {
  const invocations = typeof command === 'string' ? invocationsOf(command) : command
  const files: WrittenFile[] = []
  for (const { program, argv, redirects, stdin } of invocations) {
    if (files.length >= 64) break
    if (program === 'tee') {
      for (const path of argv.slice(1)) {
        if (!path.startsWith('-')) files.push({ path, content: stdin ?? '' })
      }
      continue
    }
    for (const { op, target } of redirects) {
      if (op !== '>' && op !== '>>' && op !== '&>') continue
      if (target === '/dev/null' || target.startsWith('&')) continue
      const content = program === 'tee' ? undefined : printed(program, argv, stdin)?.text
      if (content !== undefined) files.push({ path: target, content })
    }
  }
  return files
}

/** Two spellings of one file, as far as words can tell: same base name and no contradicting folder. */
export function samePath(a: string, b: string): boolean {
  const left = normal(a)
  const right = normal(b)
  if (left === right) return true
  if (baseName(left) !== baseName(right)) return false
  return left.endsWith(`/${right}`) || right.endsWith(`/${left}`)
}

/** A shell text, or a tool's arguments as JSON. */
function invocationsOf(command: string): Invocation[] {
  const first = command.charCodeAt(0)
  return first === 123 || first === 91 ? callInvocations('', command) : parseCommand(command)
}

function normal(path: string): string {
  return path.replace(/^(?:\.\/|~\/|\$HOME\/|\$PWD\/)+/, '').replace(/\/{2,}|\/\.\//g, '/')
}
