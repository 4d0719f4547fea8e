// Programs that lie outside of what a sandbox sees: the folder tree each needs is shown read-only.

import { posix } from 'node:path'
import { isWithin, linksOn, realPath } from './host-view.ts'
import type { HostView, MountRequest, MountStep } from './mount-plan.ts'

const hopsMax = 8

/** For every folder of PATH, and for each command every link on the way to the file that runs. */
export function commandSteps(
  host: HostView,
  { commands = [], path }: Pick<MountRequest, 'commands' | 'path'>,
  home: string,
  work: string,
): MountStep[] {
  const places = path.split(':').filter((folder) => posix.isAbsolute(folder))
  const trees = new Set<string>()
  const add = (tree: string | undefined) => {
    if (tree !== undefined && tooWide(tree, home, work) === false) trees.add(tree)
  }
  for (const folder of places) {
    if (host.kind(folder) === 'folder') add(treeOf(realPath(host, folder), home, host))
  }
  for (const command of commands) {
    const found = posix.isAbsolute(command)
      ? [command]
      : places.map((folder) => posix.join(folder, command)).filter((file) => host.kind(file) === 'file')
    for (const file of hops(host, found[0])) add(treeOf(posix.dirname(file), home, host))
  }
  const links = places
    .filter((folder) => host.kind(folder) === 'folder')
    .flatMap((folder) => linksOn(host, folder))
  const binds = [...trees].map(
    (tree): MountStep => ({
      kind: 'bind',
      source: tree,
      target: tree,
      write: false,
      asOwner: isWithin(tree, home),
    }),
  )
  return [...links, ...binds]
}

/** The file itself and every place its links name. */
function hops(host: HostView, file: string | undefined): string[] {
  const seen: string[] = []
  for (let at = file; at !== undefined && seen.length < hopsMax; ) {
    seen.push(posix.join(realPath(host, posix.dirname(at)), posix.basename(at)))
    const to = host.link(at)
    at = to === undefined ? undefined : posix.resolve(posix.dirname(at), to)
  }
  return seen.filter((path) => host.kind(path) === 'file')
}

/**
 * `X/bin` stands for `X` where X also has `lib` (Node, Python environments), and what is below a `node_modules` for
 * the folder that holds it.
 */
function treeOf(folder: string, home: string, host: HostView): string | undefined {
  const modules = folder.indexOf('/node_modules/')
  const at = modules > 0 ? folder.slice(0, modules + '/node_modules'.length) : folder
  const above = posix.dirname(at)
  const isPrefix = posix.basename(at) === 'bin' && host.kind(posix.join(above, 'lib')) === 'folder'
  return isPrefix && above !== home && posix.dirname(above) !== '/' && above !== posix.join(home, '.local')
    ? above
    : at
}

/** Already seen, or so much that it is no program any more. */
function tooWide(tree: string, home: string, work: string): boolean {
  if (isWithin(tree, work) || isWithin(home, tree) || isWithin(work, tree)) return true
  const system = ['/usr', '/bin', '/sbin', '/lib', '/opt', '/nix', '/snap', '/etc']
  if (system.some((folder) => isWithin(tree, folder))) return true
  return ['/', '/home', '/tmp', '/var', '/run', '/dev', '/proc', '/sys', '/srv', '/mnt', '/media'].includes(
    tree,
  )
}
