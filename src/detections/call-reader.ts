// Reads what calls run, and remembers what they write, so that a script is judged when it is run.

import { BoundedMap } from '../base/bounded-map.ts'
import { decodedLiterals } from '../commands/code.ts'
import { baseName, type Invocation, parseCommand } from '../commands/parse.ts'
import { isPlainCommand } from '../commands/plain.ts'
import { filesRun, filesWritten, samePath } from '../commands/scripts.ts'
import { callInvocations, surfacesOf } from '../commands/surfaces.ts'
import type { CallReading, SeenCall, Shared } from './api.ts'

/** At most this many files are remembered, each cut at `contentChars`: 64 MiB together. The oldest makes room. */
const readerLimits = { files: 4_096, contentChars: 16_384, versions: 4, scriptsPerCall: 8 } as const
/** Agents type the same again and again: so many commands, if short, are kept as read. */
const keptLimits = { commands: 2_048, commandChars: 512 } as const

interface Remembered {
  readonly path: string
  readonly content: string
}

const interpreter = /^(?:python|pypy|node|nodejs|bun|deno|tsx|ts-node|perl|ruby|php|lua)[\d.]*$/

/** Names that stand in a command as one word. */
const wordName = /^[\w.+@%~,:-]+$/
const betweenWords = /[\s"';|&=()<>]+/

export interface CallReader extends Shared {
  /** All that the call runs stands in its text, and it writes no file: see `Detection.needs`. */
  isPlain(item: SeenCall): boolean
}

export function createCallReader(): CallReader {
  const files = new BoundedMap<string, readonly Remembered[]>(readerLimits.files, (_, [file]) => {
    if (file) count(baseName(file.path), -1)
  })
  /** How many of `files` have this base name. */
  const names = new Map<string, number>()
  let unusual = 0
  const kept = new BoundedMap<string, readonly Invocation[]>(keptLimits.commands)
  let last: { item: SeenCall; reading: CallReading } | undefined

  function reading(item: SeenCall): CallReading {
    if (last?.item === item) return last.reading
    const { name, command, writes: toolWrites } = item.call
    const invocations = [...read(name, command)]
    const code = [...surfacesOf(name, command).code, ...invocations.flatMap(codeOf)]
    const place = item.box ?? item.call.episode ?? item.call.run ?? ''
    const writes = [...(toolWrites ?? []), ...filesWritten(invocations)].slice(0, 64)
    // Written first: `cat > x.sh <<EOF …; bash x.sh` runs what it has just written.
    for (const write of writes) remember(place, write)
    const scripts = filesRun(invocations).slice(0, readerLimits.scriptsPerCall)
    for (const path of scripts) {
      const content = recall(place, path)
      if (content === undefined) continue
      if (looksLikeCode(path, content)) code.push(content)
      else invocations.push(...parseCommand(content))
    }
    for (const text of [...code]) for (const decoded of decodedLiterals(text)) code.push(decoded.text)
    last = { item, reading: { invocations, code, writes } }
    return last.reading
  }

  function read(name: string, command: string): readonly Invocation[] {
    if (command.length > keptLimits.commandChars) return callInvocations(name, command)
    const key = `${name} ${command}`
    let invocations = kept.get(key)
    if (!invocations) {
      invocations = callInvocations(name, command)
      kept.set(key, invocations)
    }
    return invocations
  }

  function isPlain({ call }: SeenCall): boolean {
    if (call.writes || unusual > 0 || !isPlainCommand(call.name, call.command)) return false
    if (names.size === 0) return true
    // It may run what was written before.
    return !call.command.split(betweenWords).some((word) => names.has(baseName(word)))
  }

  function count(name: string, by: number): void {
    const before = names.get(name) ?? 0
    if (before + by > 0) names.set(name, before + by)
    else names.delete(name)
    if (!wordName.test(name)) unusual += by
  }

  function remember(place: string, { path, content }: Remembered): void {
    const key = `${place} ${baseName(path)}`
    const known = files.get(key)
    if (!known) count(baseName(path), 1)
    const before = (known ?? []).filter((file) => file.path !== path)
    files.set(key, [...before, { path, content: content.slice(0, readerLimits.contentChars) }].slice(-4))
  }

  function recall(place: string, path: string): string | undefined {
    return files.get(`${place} ${baseName(path)}`)?.findLast((file) => samePath(file.path, path))?.content
  }

  return { reading, isPlain }
}

/** `python -c '…'`, `python - <<EOF`. */
function codeOf({ program, argv, stdin }: Invocation): string[] {
  if (!interpreter.test(program)) return []
  const at = argv.findIndex((word) => /^-[A-Za-z]*[cer]$/.test(word))
  if (at > 0 && argv[at + 1] !== undefined) return [argv[at + 1]!]
  const glued = argv.find((word) => /^-[ec].{8}/s.test(word))
  if (glued !== undefined) return [glued.slice(2)]
  return stdin === undefined ? [] : [stdin]
}

function looksLikeCode(path: string, content: string): boolean {
  if (/\.(?:py|js|mjs|cjs|ts|rb|pl|php|lua|go|rs)$/.test(path)) return true
  return /^#!.{0,64}\b(?:python|node|ruby|perl|php|deno|bun)/.test(content)
}
