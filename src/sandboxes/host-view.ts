// What planning the file system of a sandbox asks of the disk; links are resolved here too.

import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs'
import { posix } from 'node:path'
import { quietly } from '../base/quietly.ts'
import type { HostView, MountStep } from './mount-plan.ts'

const textBytesMax = 65_536

/** The machine itself, each path asked once. */
export function hostView(): HostView {
  const kinds = new Map<string, ReturnType<HostView['kind']>>()
  const links = new Map<string, string | undefined>()
  return {
    kind: (path) => remembered(kinds, path, kindOf),
    link: (path) => remembered(links, path, linkOf),
    list: (path) => quietly(() => readdirSync(path)) ?? [],
    text: (path) => quietly(() => beginningOf(path)),
    sockets: () => listening(quietly(() => readFileSync('/proc/net/unix', 'utf8')) ?? ''),
  }
}

function remembered<T>(known: Map<string, T>, path: string, find: (path: string) => T): T {
  if (!known.has(path)) known.set(path, find(path))
  return known.get(path) as T
}

function kindOf(path: string): ReturnType<HostView['kind']> {
  const stat = quietly(() => statSync(path, { throwIfNoEntry: false }))
  if (stat === undefined) return 'missing'
  if (stat.isDirectory()) return 'folder'
  if (stat.isSocket()) return 'socket'
  return stat.isBlockDevice() || stat.isCharacterDevice() ? 'device' : 'file'
}

/** Looked at first: most are none, and an exception for each would take longer than all the rest. */
function linkOf(path: string): string | undefined {
  return quietly(() =>
    lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined,
  )
}

function beginningOf(path: string): string {
  const fd = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(textBytesMax)
    return bytes.subarray(0, readSync(fd, bytes)).toString('utf8')
  } finally {
    closeSync(fd)
  }
}

/**
 * Lines of /proc/net/unix:
 * `ffff8881: 00000002 00000000 00010000 0001 01 12345 /run/dbus/system_bus_socket`; abstract names begin with `@`.
 */
export function listening(text: string): string[] {
  const paths = new Set<string>()
  for (const line of text.split('\n')) {
    const match = /^\S+: \S+ \S+ \S+ \S+ \S+ +\d+ (\/.*)$/.exec(line)
    if (match) paths.add(match[1]!)
  }
  return [...paths]
}

const linksMax = 40

/**
 * The path without links, as far as it exists; what is missing at its end stays as written, so that a link to
 * nowhere gives the place it names.
 */
export function realPath(
  host: Pick<HostView, 'link'>,
  path: string,
  onLink: (at: string, to: string) => void = () => {},
): string {
  let left = posix.resolve(path).split('/').filter(Boolean)
  let at = '/'
  for (let followed = 0; left.length > 0; ) {
    const [name = '', ...rest] = left
    left = rest
    const next = posix.join(at, name)
    const to = host.link(next)
    if (to === undefined) {
      at = next
    } else {
      if (++followed > linksMax) return posix.join(next, ...left)
      onLink(next, to)
      left = [...posix.resolve(at, to).split('/').filter(Boolean), ...left]
      at = '/'
    }
  }
  return at
}

/** The links that a path goes through, to be made again inside, where it shall be known by the same name. */
export function linksOn(host: HostView, path: string): Extract<MountStep, { kind: 'link' }>[] {
  const steps: Extract<MountStep, { kind: 'link' }>[] = []
  realPath(host, path, (target, to) => steps.push({ kind: 'link', target, to }))
  return steps
}

/** True for the path itself and for what lies below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
}
