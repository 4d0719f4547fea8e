// Which folders can be looked at: what is given, or what lies one or two levels below it.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { OperatorError } from '../base/errors.ts'
import { quietly } from '../base/quietly.ts'
import type { ProblemText } from './problem.ts'

/** Folders looked at below one that is given; of more, those that may hold a live run, and the newest. */
const foldersMax = 2_000
const depthMax = 2

export interface Found {
  readonly id: string
  readonly kind: 'case' | 'recording'
  readonly folder: string
  readonly title: string
  readonly problem?: ProblemText
}

/** Whether a folder is what `run` or `investigate` writes. */
export function kindOf(folder: string): Found['kind'] | undefined {
  if (existsSync(join(folder, 'journal.jsonl'))) return 'recording'
  if (existsSync(join(folder, 'summary.json'))) return 'case'
  return undefined
}

/** What `path` names: itself, or the cases and recordings below. One that is neither is told as such. */
export function findBelow(path: string): readonly Found[] {
  const folder = realpathSync(path)
  const found = search(folder, 0)
  if (found.length > 0) return found
  return [
    {
      ...foundAt(folder, 'case'),
      problem: {
        what: `${path}: this is neither a case nor a recording.`,
        why: 'A case holds summary.json (written by `vigiles investigate --out`), a recording holds journal.jsonl (written by `vigiles run`).',
        fix: 'Name such a folder, or one that holds some. One that is still being written appears by itself.',
      },
    },
  ]
}

/** Throws OperatorError (usage) for a path that does not exist or is no folder. */
export function checkPath(path: string): void {
  let isFolder: boolean
  try {
    isFolder = statSync(path).isDirectory()
  } catch (cause) {
    throw new OperatorError('usage', {
      what: `${path}: there is no such folder.`,
      fix: 'Name a folder that `vigiles run` or `vigiles investigate` has written.',
      cause,
    })
  }
  if (!isFolder) {
    throw new OperatorError('usage', {
      what: `${path} is a file; serve wants folders.`,
      why: 'It shows what `vigiles run` and `vigiles investigate` have written.',
      fix: `For logs and traces first: vigiles investigate ${path} --out case-1`,
    })
  }
}

/** What was found in a folder that holds something, with the time at which its entries changed last. */
const known = new Map<string, { readonly at: number; readonly found: Found }>()
const knownMax = 20_000

function search(folder: string, depth: number, at = changedAt(folder) ?? 0): Found[] {
  const before = known.get(folder)
  if (before?.at === at) return [before.found]
  const kind = kindOf(folder)
  if (kind) {
    const problem = oddIn(folder)
    const found = { ...foundAt(folder, kind), ...(problem && { problem }) }
    if (known.size >= knownMax) known.clear()
    known.set(folder, { at, found })
    return [found]
  }
  if (depth === depthMax) return []
  return newestFolders(folder).flatMap((child) => search(child.path, depth + 1, child.at))
}

/** A folder that came from elsewhere may hold links that lead out of it, or pipes that never end: it is not read at all. */
function oddIn(folder: string): ProblemText | undefined {
  const odd = (quietly(() => readdirSync(folder, { withFileTypes: true })) ?? []).find(
    (entry) =>
      !entry.isFile() && !entry.isDirectory() && !(entry.isSocket() && entry.name === 'control.sock'),
  )
  return (
    odd && {
      what: `${basename(folder)} holds ${JSON.stringify(odd.name)}, which is ${odd.isSymbolicLink() ? 'a link' : 'no file'}.`,
      why: 'What `vigiles` writes are files; a link could show what lies elsewhere on this machine.',
      fix: 'Put the file itself in its place, or take it away.',
    }
  )
}

/** Those in which a run may go on come first, then the newest. */
function newestFolders(folder: string): { readonly path: string; readonly at: number }[] {
  const folders = (quietly(() => readdirSync(folder, { withFileTypes: true })) ?? [])
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      const at = changedAt(path)
      return at === undefined ? [] : [{ path, at }] // Just removed.
    })
    .sort((a, b) => b.at - a.at)
  if (folders.length <= foldersMax) return folders
  const isLive = new Set(folders.filter(({ path }) => existsSync(join(path, 'control.sock'))))
  return [...isLive, ...folders.filter((one) => !isLive.has(one))].slice(0, foldersMax)
}

function changedAt(folder: string): number | undefined {
  return quietly(() => statSync(folder).mtimeMs)
}

function foundAt(folder: string, kind: Found['kind']): Found {
  const id = createHash('sha256').update(folder).digest('hex').slice(0, 12)
  return { id, kind, folder, title: basename(folder) }
}
