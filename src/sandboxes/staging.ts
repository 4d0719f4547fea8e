// Makes ready what the sandbox's bubblewrap then binds: files of our own, private copies, trees with their owner mapped.

import { closeSync, lchownSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { OperatorError } from '../base/errors.ts'
import { type Ids, mountTree, openIdMap } from './idmap.ts'
import { kernel } from './kernel.ts'
import { makeRunFolder, unmountFolder } from './leftovers.ts'
import type { MountPlan, MountStep } from './mount-plan.ts'
import { copyTree, eachEntry } from './private-copy.ts'
import { systemCallNumber } from './system-calls.ts'

export interface StagedMounts {
  readonly plan: MountPlan
  /** Where bubblewrap finds the source of a step. */
  sourceOf(step: Extract<MountStep, { kind: 'bind' | 'text' | 'copy' | 'folder' }>): string
  readonly notes: readonly string[]
  /** To be called when the sandbox has its mounts: nothing of ours stays mounted on the host. */
  bound(): void
  /** Removes what is left, also when the sandbox was never made. */
  close(): void
}

/** User namespaces that show one owner's files as the agent's, by `uid:gid`; {@link stageMounts} closes them. */
export type OwnerMaps = Map<string, Promise<number>>

/** Begins the one that the work folder will need: it is made by another process, while the mounts are planned. */
export function beginMaps(workFolder: string, agent: Ids): OwnerMaps {
  const maps: OwnerMaps = new Map()
  if (process.getuid?.() !== 0 || agent.uid === 0) return maps
  const owner = statSync(workFolder)
  if (owner.uid === agent.uid) return maps
  const map = openIdMap(owner, agent)
  map.catch(() => {}) // Told to whoever asks for it.
  return maps.set(`${owner.uid}:${owner.gid}`, map)
}

const MS_PRIVATE = 1 << 18
const stagingBytesMax = '1g'

/** Throws {@link OperatorError} where a folder that must be writable can't be made so. */
export async function stageMounts(
  plan: MountPlan,
  agent: Ids,
  maps: OwnerMaps = new Map(),
): Promise<StagedMounts> {
  const root = process.getuid?.() === 0 && agent.uid !== 0
  const folder = makeRunFolder(root)
  const sources = new Map<MountStep, string>()
  const notes: string[] = []
  let mounted = false
  let open = true
  const unmount = () => {
    if (!mounted) return
    unmountFolder(folder)
    mounted = false
  }
  const close = () => {
    if (!open) return
    open = false
    unmount()
    // Never as root: what is mounted below would be emptied.
    if (!root) rmSync(folder, { recursive: true, force: true })
  }
  try {
    if (root) {
      mountPrivateMemory(folder, agent)
      mounted = true
    }
    let count = 0
    const place = () => join(folder, String(count++))
    for (const step of plan.steps) {
      if (step.kind === 'text') {
        const at = place()
        writeFileSync(at, step.text, { mode: step.mode })
        sources.set(step, at)
      } else if (step.kind === 'folder') {
        const at = place()
        mkdirSync(at, { mode: 0o700 })
        for (const [name, text] of step.files) writeFileSync(join(at, name), text, { mode: 0o600 })
        if (root) eachEntry(at, (path) => lchownSync(path, agent.uid, agent.gid))
        sources.set(step, at)
      } else if (step.kind === 'copy') {
        const at = place()
        copyTree(step.source, at, step.except)
        if (root) eachEntry(at, (path) => lchownSync(path, agent.uid, agent.gid))
        sources.set(step, at)
      } else if (step.kind === 'bind' && root) {
        const source = await staged(step, agent, maps, notes, place)
        if (source !== undefined) sources.set(step, source)
      }
    }
  } catch (error) {
    close()
    throw error
  } finally {
    for (const map of maps.values()) await map.then(closeSync, () => {})
  }
  return {
    plan,
    notes,
    sourceOf: (step) => sources.get(step) ?? (step.kind === 'bind' ? step.source : ''),
    // What the sandbox has bound lives on in it; without root, copies are there until the end.
    bound: unmount,
    close,
  }
}

/** Nobody but root can look into it, the agent's bubblewrap can pass through. */
function mountPrivateMemory(folder: string, agent: Ids): void {
  const calls = kernel()
  const mount = systemCallNumber('mount')
  const options = `mode=0710,uid=0,gid=${agent.gid},size=${stagingBytesMax}`
  calls.syscall('mount', mount, 'vigiles', folder, 'tmpfs', 0, options)
  calls.syscall('mount', mount, 'none', folder, 'none', MS_PRIVATE, 'none')
}

/** Undefined: the agent's bubblewrap can bind the source itself. */
async function staged(
  step: Extract<MountStep, { kind: 'bind' }>,
  agent: Ids,
  maps: OwnerMaps,
  notes: string[],
  place: () => string,
): Promise<string | undefined> {
  const stat = statSync(step.source)
  const foreign = step.asOwner === true && !step.devices && stat.uid !== agent.uid
  if (!foreign && canReach(step.source, agent)) return undefined
  const at = place()
  if (stat.isDirectory()) mkdirSync(at)
  else writeFileSync(at, '')
  if (foreign) {
    const key = `${stat.uid}:${stat.gid}`
    const map = maps.get(key) ?? openIdMap(stat, agent)
    maps.set(key, map)
    const mapFd = await map
    try {
      if (!mountTree(step.source, at, mapFd)) {
        notes.push(
          `${step.source}: what is mounted below it keeps its owners; the agent may be unable to write there`,
        )
      }
      return at
    } catch (cause) {
      if (step.write) {
        throw new OperatorError('environment', {
          what: `The agent could not write in ${step.source}: it belongs to ${stat.uid === 0 ? 'root' : `uid ${stat.uid}`}, and the agent does not run as that.`,
          why: `The file system there (or one mounted below it) can't show files as another user's: ${cause instanceof Error ? cause.message : cause}.`,
          fix: `Give the folder to an ordinary user (chown -R USER ${step.source}), or start vigiles as one.`,
          cause,
        })
      }
      notes.push(`${step.source}: shown with its own owner; the agent reads what everybody may read`)
    }
  }
  mountTree(step.source, at)
  return at
}

/** By the permission bits of the folders above; access lists are not looked at. */
function canReach(path: string, { uid, gid }: Ids): boolean {
  for (let at = posix.dirname(path); ; at = posix.dirname(at)) {
    const stat = statSync(at)
    const bit = stat.uid === uid ? 0o100 : stat.gid === gid ? 0o010 : 0o001
    if ((stat.mode & bit) === 0) return false
    if (at === '/') return true
  }
}
