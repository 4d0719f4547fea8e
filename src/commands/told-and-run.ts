// Compares what an agent said it would run with what the kernel saw it run.

import { parseCommand } from './parse.ts'
import { surfacesOf } from './surfaces.ts'

export interface Comparison {
  /** 0–1: how much of the command that was told is in what ran. */
  readonly agreement: number
  /** Programs that ran in the same breath and were not told of; those that only tidy up around it left out. */
  readonly extra: readonly string[]
}

const textMax = 16_384

/** What agents wrap around a command: they read settings, note where it ended, and clean up. */
const wrapping = new Set(
  (
    '. source eval exec builtin command shopt set unset setopt export declare typeset local alias unalias trap exit ' +
    'return pwd cd test [ [[ true false : echo printf cat rm mkdir mktemp touch kill sleep wait jobs pgrep ps umask ' +
    'ulimit stty env nice nohup setsid timeout stdbuf read shift hash type which tee head tail bash sh zsh dash fish ' +
    'snap pushd popd disown ionice prlimit'
  ).split(' '),
)

/** `told`: shell text, or arguments as compact JSON, of the tool `name`. `cmdLine`: words as a shell would take them. */
export function compareCommands(name: string, told: string, cmdLine: string): Comparison {
  const said = toldText(name, told)
  const words = wordsOf(cmdLine)
  const ran = shellTextOf(words) ?? cmdLine.slice(0, textMax)
  if (said === '') return { agreement: 0, extra: [] }
  const [plainSaid, plainRan] = [bare(said), bare(ran)]
  const at = plainSaid.length < 2 ? -1 : indexOfWhole(plainRan, plainSaid)
  if (at >= 0) {
    const left = `${plainRan.slice(0, at)} ; ${plainRan.slice(at + plainSaid.length)}`
    return { agreement: 1, extra: notable(left, said) }
  }
  const extra = notable(ran, said)
  // Run without a shell: its words are a part of what was told.
  const plainWords = bare(words.map((word, i) => (i === 0 ? base(word) : word)).join(' '))
  if (plainWords !== '' && shellTextOf(words) === undefined && indexOfWhole(plainSaid, plainWords) >= 0)
    return { agreement: plainWords.includes(' ') || plainWords === plainSaid ? 0.95 : 0.6, extra: [] }
  const ranWords = new Set(tellingWords(plainRan))
  const saidWords = tellingWords(plainSaid)
  const shared = saidWords.filter((word) => ranWords.has(word)).length
  return { agreement: saidWords.length === 0 ? 0 : Math.round((70 * shared) / saidWords.length) / 100, extra }
}

/** Words that are more than a flag or a number. */
function tellingWords(text: string): string[] {
  const words = text.split(/[\s;|&()<>]+/).filter((word) => word.length >= 3 && !wrapping.has(word))
  return [...new Set(words)].slice(0, 512)
}

/** Whether it is a shell's command at all: then a process must follow. */
export function toldText(name: string, told: string): string {
  const { shell, argv } = surfacesOf(name, told.slice(0, textMax))
  return (shell[0] ?? argv[0]?.join(' ') ?? '').trim()
}

/** `bash -lc TEXT`: what the shell is to run. */
function shellTextOf(words: readonly string[]): string | undefined {
  if (!/^(?:ba|da|z|a|k|mk|r?ba)?sh$|^fish$/.test(base(words[0] ?? ''))) return undefined
  // `bash -c -l TEXT` too: the first word behind all options.
  const flag = words.findIndex((word, i) => i > 0 && /^-[a-z]*c[a-z]*$/.test(word))
  return flag < 0
    ? undefined
    : words
        .slice(flag + 1)
        .find((word) => !/^[-+]/.test(word))
        ?.slice(0, textMax)
}

/** How agents run what they were asked to; what they do for themselves they mostly start without a shell. */
export function runsShellText(cmdLine: string): boolean {
  return shellTextOf(wordsOf(cmdLine)) !== undefined
}

/** A shell that was started to be fed with commands. */
export function isOpenShell(cmdLine: string): boolean {
  const words = wordsOf(cmdLine)
  return (
    /^-?(?:ba|da|z|a|k|mk)?sh$|^-?fish$/.test(base(words[0] ?? '')) &&
    words.slice(1).every((word) => /^-/.test(word) && !/^-[a-z]*c/.test(word))
  )
}

/** Words of a command line that was quoted as in `a 'b c' 'it'\''s'`. */
function wordsOf(cmdLine: string): string[] {
  const words: string[] = []
  for (const [word] of cmdLine.slice(0, textMax * 2).matchAll(/(?:'[^']*'?|\\.|[^\s'\\])+/g))
    words.push(word.replace(/'([^']*)'?|\\(.)/g, (_, quoted, escaped) => quoted ?? escaped ?? ''))
  return words
}

/** Without quotes, escapes and the kinds of space, which a wrapper may write in another way. */
function bare(text: string): string {
  return text
    .slice(0, textMax)
    .replace(/["'\\]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Where `part` stands in `text` and is no part of longer words. */
function indexOfWhole(text: string, part: string): number {
  const isWord = (c: string | undefined) => c !== undefined && /[\w./-]/.test(c)
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    const before = isWord(part[0]) && isWord(text[at - 1])
    const after = isWord(part.at(-1)) && isWord(text[at + part.length])
    if (!before && !after) return at
  }
  return -1
}

function programsOf(text: string): string[] {
  const programs = parseCommand(text).map(({ program }) => base(program))
  return [...new Set(programs.filter((program) => program !== '' && !wrapping.has(program)))]
}

/** Programs of a text that are no wrapping, and that were not told of. */
function notable(text: string, said: string): string[] {
  return programsOf(text).filter((program) => indexOfWhole(said, program) < 0 && !program.startsWith('$'))
}

function base(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
