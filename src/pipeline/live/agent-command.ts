// Which agent a command line starts: by its own name or path, by npx and its kind, or as a script of its package.

import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/** Names of agents as they are typed, and the npm packages they come in. */
export const agentPackages: Readonly<Record<string, string>> = {
  claude: '@anthropic-ai/claude-code',
  codex: '@openai/codex',
  gemini: '@google/gemini-cli',
  qwen: '@qwen-code/qwen-code',
  opencode: 'opencode-ai',
}

export interface AgentCommand {
  /** A key of {@link agentPackages}. */
  readonly name: string
  /** The agent's own words begin here; npm takes what comes before as its own. */
  readonly at: number
  /** Words for the agent only reach it behind two dashes, which are not there. */
  readonly dashes?: true
  /** Started by npx or the like. `fetched`: the package is not here, so it comes from a registry. */
  readonly launched?: { readonly fetched: boolean }
  /** A file that has to be seen inside beside the program. */
  readonly script?: string
}

/** How packages are run by name, and the options of each that take a word. */
const launchers: Readonly<Record<string, { readonly verbs?: readonly string[]; readonly dashes?: true }>> = {
  npx: {},
  pnpx: {},
  bunx: {},
  npm: { verbs: ['exec', 'x'], dashes: true },
  pnpm: { verbs: ['dlx', 'exec'] },
  yarn: { verbs: ['dlx', 'exec'] },
  bun: { verbs: ['x'] },
}
const valued: ReadonlySet<string> = new Set([
  ...['-p', '--package', '-w', '--workspace', '--prefix', '--registry', '--cache', '--userconfig'],
  ...['-C', '--dir', '--cwd', '--filter'],
])
const nodeValued: ReadonlySet<string> = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '-C',
  '--conditions',
])
/** Folders that are looked at for a package.json, from a script upwards. */
const foldersMax = 8

/** Undefined for what is no agent that is known. */
export function agentCommand(
  words: readonly string[],
  {
    cwd = process.cwd(),
    path = process.env.PATH ?? '',
  }: { readonly cwd?: string; readonly path?: string } = {},
): AgentCommand | undefined {
  const [program = ''] = words
  const name = basename(program)
  if (Object.hasOwn(agentPackages, name)) return { name, at: 1 }
  const launcher = Object.hasOwn(launchers, name) ? launchers[name] : undefined
  if (launcher) return launchedAgent(words, launcher, cwd)
  if (/^(?:node|nodejs|bun|deno)$/.test(name)) return scriptOf(words, cwd)
  const file = fileOf(program, cwd, path)
  const own = file && agentOfFile(file)
  return own === undefined ? undefined : { name: own, at: 1 }
}

function launchedAgent(
  words: readonly string[],
  { verbs, dashes }: NonNullable<(typeof launchers)[string]>,
  cwd: string,
): AgentCommand | undefined {
  let at = 1
  let verb = verbs === undefined
  let behind = false
  for (; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--') behind = true
    else if (!behind && word.startsWith('-')) {
      // Text for a shell: no place for words of ours.
      if (word === '-c' || word.startsWith('--call')) return undefined
      if (valued.has(word)) at++
    } else if (!verb) {
      if (!verbs?.includes(word)) return undefined
      verb = true
    } else {
      const name = agentOfWord(word)
      if (name === undefined) return undefined
      const launched = { fetched: !isHere(name, cwd) }
      if (dashes === undefined || behind) return { name, at: at + 1, launched }
      const split = words.indexOf('--', at)
      return split < 0
        ? { name, at: words.length, dashes: true, launched }
        : { name, at: split + 1, launched }
    }
  }
  return undefined
}

/** `claude`, `@anthropic-ai/claude-code`, `@anthropic-ai/claude-code@2.1.197`. */
function agentOfWord(word: string): string | undefined {
  const bare = word.replace(/(?<=.)@[^/]*$/, '')
  return Object.keys(agentPackages).find((name) => name === bare || agentPackages[name] === bare)
}

/** Where npx looks before it asks a registry. */
function isHere(name: string, cwd: string): boolean {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules/.bin', name))) return true
    if (folder === dirname(folder)) return false
  }
}

function scriptOf(words: readonly string[], cwd: string): AgentCommand | undefined {
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '-e' || word === '-p' || word === '--eval' || word === '--print') return undefined
    if (nodeValued.has(word)) at++
    else if (word !== 'run' && !word.startsWith('-')) {
      const file = realFile(resolve(cwd, word))
      const name = file && agentOfFile(file)
      return file === undefined || name === undefined ? undefined : { name, at: at + 1, script: file }
    }
  }
  return undefined
}

/** By the package that a file lies in. */
function agentOfFile(file: string): string | undefined {
  let folder = dirname(file)
  for (let i = 0; i < foldersMax && folder !== dirname(folder); i++, folder = dirname(folder)) {
    try {
      const read: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      const called = typeof read === 'object' && read !== null && 'name' in read ? read.name : undefined
      // A package.json without a name says only what kind of modules lie below.
      if (called !== undefined)
        return Object.keys(agentPackages).find((name) => agentPackages[name] === called)
    } catch {} // None here, or none that can be read.
  }
  return undefined
}

function fileOf(program: string, cwd: string, path: string): string | undefined {
  if (program.includes('/')) return realFile(resolve(cwd, program))
  for (const folder of path.split(':')) {
    const file = realFile(resolve(cwd, folder, program))
    if (file !== undefined) return file
  }
  return undefined
}

function realFile(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
