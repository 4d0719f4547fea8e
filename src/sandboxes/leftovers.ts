// Folders that one run needs outside of its sandbox, and what a killed run left of them.

import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kernel } from './kernel.ts'
import { systemCallNumber } from './system-calls.ts'

const MNT_DETACH = 2

/** A new folder that only we can write in, named after us: who comes later knows whose it was. */
export function makeRunFolder(root: boolean): string {
  const base = baseFolder(root)
  sweep(base, root)
  return mkdtempSync(join(base, runName('')))
}

/** Takes away what is mounted there, all of it at once. */
export function unmountFolder(folder: string): void {
  kernel().syscall('umount2', systemCallNumber('umount2'), folder, MNT_DETACH)
  rmdirSync(folder)
}

/** A name that says whose it is. */
export function runName(name: string): string {
  return `vigiles-${pidNamespace()}-${process.pid}-${name}`
}

/** Names in a folder that belong to runs that are gone. */
export function leftoversIn(folder: string): string[] {
  const own = pidNamespace()
  const lives = (pid: number) => existsSync(`/proc/${pid}`)
  return readdirSync(folder)
    .filter((name) => isLeftover(name, own, lives))
    .map((name) => join(folder, name))
}

function baseFolder(root: boolean): string {
  if (root) return '/run'
  const own = process.env.XDG_RUNTIME_DIR
  return own !== undefined && existsSync(own) ? own : tmpdir()
}

/** A run that was killed could not clean up; copies of logins may lie there. */
function sweep(base: string, root: boolean): void {
  for (const folder of leftoversIn(base)) {
    try {
      if (root) unmountFolder(folder)
      else rmSync(folder, { recursive: true, force: true })
    } catch {
      // Another user's, or never mounted.
      try {
        rmdirSync(folder)
      } catch {}
    }
  }
}

/** Process ids mean nothing in another namespace of them: folders of those are left. */
export function isLeftover(name: string, namespace: string, lives: (pid: number) => boolean): boolean {
  const match = /^vigiles-(\d+)-(\d+)-[\w.-]{1,64}$/.exec(name)
  return match !== null && match[1] === namespace && !lives(Number(match[2]))
}

function pidNamespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
}
