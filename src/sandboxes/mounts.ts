// What a sandbox sees of the disk, from the policy's words to an ordered list of mounts.
//
// The more specific place wins: `read: [~/.ssh/known_hosts]` shows that file in a home that is otherwise empty, and
// `hide: [build/keys]` hides a folder of the work folder. What Vigiles itself keeps is never to be seen.

import { posix } from 'node:path'
import { OperatorError } from '../base/errors.ts'
import { commandSteps } from './commands-seen.ts'
import { gitSteps } from './git-folders.ts'
import { homeSecrets, settingSteps, stateExceptions, toolchainSteps } from './home.ts'
import { isWithin, linksOn, realPath } from './host-view.ts'
import { identityFiles } from './identity-files.ts'
import type { HostView, MountPlan, MountRequest, MountStep } from './mount-plan.ts'
import { etcSecretPaths, knownSockets, memoryBytesMax, systemSteps } from './system.ts'
import { expandPath } from './wild-paths.ts'

/** Of two wishes for one place the higher rank holds. */
const ranks = {
  system: 0,
  defaultHide: 1,
  tools: 2,
  work: 3,
  read: 4,
  write: 5,
  state: 6,
  hide: 7,
  files: 8,
  protect: 9,
  secret: 10,
} as const

/** Interfaces of the kernel: a sandbox has its own, or none. */
const kernelFolders = ['/proc', '/sys/fs/cgroup', '/sys/kernel', '/sys/firmware']

/** Throws {@link OperatorError} for wishes that would undo the sandbox. */
export function planMounts(request: MountRequest, host: HostView): MountPlan {
  const { agent, filesystem, resolver, hostname = 'sandbox' } = request
  const real = (path: string) => realPath(host, path)
  const home = homeInside(request.home, real)
  const work = real(request.workFolder)
  const secret = request.secret.map(real)
  const read = (path: string) => expandPath(host, policyPath(path, home, work))
  checkWorkFolder(work, home, secret, host)

  const notes: string[] = []
  const byTarget = new Map<string, { readonly step: MountStep; readonly rank: number }>()
  const put = (rank: number, steps: readonly MountStep[]) => {
    for (const step of steps) {
      if (rank >= (byTarget.get(step.target)?.rank ?? 0)) byTarget.set(step.target, { step, rank })
    }
  }
  /** Binds the place where it really is; a link that leads there is made again if nothing shows it. */
  const show = (rank: number, path: string, write: boolean): void => {
    const source = real(path)
    const kind = host.kind(source)
    if (kind === 'missing') {
      notes.push(`${path} does not exist: it is not in the sandbox`)
      return
    }
    const devices = kind === 'device' || isWithin(source, '/dev')
    put(rank, [
      { kind: 'bind', source, target: source, write, asOwner: true, ...(devices && { devices: true }) },
    ])
    put(ranks.system, linksOn(host, path))
  }

  const identity = identityFiles(host, { agent, home, hostname, resolver })
  put(
    ranks.system,
    systemSteps(
      host,
      identity.map(({ target }) => target),
    ),
  )
  put(ranks.system, [{ kind: 'memory', target: home, bytesMax: memoryBytesMax.home, mode: '0700' }])
  if (home !== '/home/agent') put(ranks.system, linksOn(host, request.home))
  put(ranks.system, settingSteps(host, home))
  put(ranks.tools, toolchainSteps(host, home))
  put(ranks.tools, commandSteps(host, request, home, work))
  show(ranks.work, work, true)
  const git = gitSteps(host, work)
  put(ranks.work, git)
  for (const [rank, paths, write] of [
    [ranks.read, filesystem.read, false],
    [ranks.write, filesystem.write, true],
    [ranks.write, filesystem.sockets, true],
  ] as const) {
    for (const path of paths) {
      const places = read(path)
      if (places.length === 0) notes.push(`${path} names nothing that exists`)
      for (const at of places) {
        checkWish(path, real(at), secret)
        show(rank, at, write)
      }
    }
  }
  for (const { path, mode, except } of request.state ?? []) {
    checkWish(path, real(path), secret)
    if (mode !== 'copy') show(ranks.state, path, mode === 'write')
    else if (host.kind(path) !== 'missing') {
      const source = real(path)
      const below = secret
        .filter((hidden) => isWithin(hidden, source))
        .map((hidden) => posix.relative(source, hidden))
      put(ranks.state, [
        { kind: 'copy', source, target: path, except: [...(except ?? stateExceptions(path)), ...below] },
      ])
    }
  }
  put(ranks.files, identity)
  put(
    ranks.files,
    (request.files ?? []).map(({ path, text, mode = 0o644 }) => ({
      kind: 'text',
      target: real(path),
      text,
      mode,
    })),
  )

  const hide = (rank: number, paths: readonly string[]) => {
    for (const path of paths) {
      const target = real(path)
      const kind = host.kind(target)
      // A secret may come to be later; bubblewrap makes the empty folder that it takes to cover it.
      if (kind === 'missing' && rank !== ranks.secret) continue
      if (!shows(byTarget, target, rank)) continue
      put(rank, [{ kind: 'hide', target, folder: kind === 'folder' || kind === 'missing' }])
    }
  }
  const openDoors = new Set(filesystem.sockets.flatMap(read).map(real))
  const doors = [...host.sockets(), ...knownSockets].filter((path) => !openDoors.has(real(path)))
  hide(ranks.defaultHide, etcSecretPaths(host))
  hide(
    ranks.defaultHide,
    homeSecrets.map((name) => posix.join(home, name)),
  )
  hide(ranks.hide, filesystem.hide.flatMap(read))
  hide(ranks.hide, doors)
  for (const path of request.protect ?? []) {
    if (host.kind(path) !== 'missing' && shows(byTarget, real(path), ranks.protect))
      show(ranks.protect, path, false)
  }
  // Last and above all, so that nothing shows what is below.
  for (const path of secret) {
    for (const target of [...byTarget.keys()]) if (isWithin(target, path)) byTarget.delete(target)
  }
  hide(ranks.secret, secret)

  // What is read or written outside by its path, later: no folder on the way may be exchanged.
  const readOnly = [...(request.protect ?? []), ...filesystem.read.flatMap(read)].map(real)
  const kept = [...secret, ...readOnly, ...git.map(({ target }) => target)]
  for (const path of kept) put(ranks.system, pins(byTarget, path))

  return { steps: inOrder([...byTarget.values()].map(({ step }) => step)), home, hostname, notes }
}

type Chosen = ReadonlyMap<string, { readonly step: MountStep; readonly rank: number }>

/** Whether a place of the host shows inside so far, through the step nearest above it. */
function shows(chosen: Chosen, path: string, rank: number): boolean {
  const here = chosen.get(path)
  if (here && here.rank > rank) return false
  for (let at = path; ; at = posix.dirname(at)) {
    const step = chosen.get(at)?.step
    // Links are made only where no mount is.
    if (step && step.kind !== 'link') return step.kind === 'bind'
    if (at === '/') return false
  }
}

/** The folders between a path and the writable folder it is in. */
function pins(chosen: Chosen, path: string): MountStep[] {
  const between: string[] = []
  for (let at = posix.dirname(path); at !== '/'; at = posix.dirname(at)) {
    const step = chosen.get(at)?.step
    if (step?.kind === 'bind' && step.write && !step.pin) {
      return between.map((folder) => ({
        kind: 'bind',
        source: folder,
        target: folder,
        write: true,
        asOwner: true,
        pin: true,
      }))
    }
    if (step && !(step.kind === 'bind' && step.pin)) return []
    if (!step) between.push(at)
  }
  return []
}

/** Parents first. What a folder above shows anyway, a link or the same bind, is left out: mounts take time. */
function inOrder(steps: readonly MountStep[]): MountStep[] {
  const depth = ({ target }: MountStep) => target.split('/').length
  const kept = new Map<string, MountStep>()
  const above = (path: string): MountStep | undefined => {
    for (let at = posix.dirname(path); at !== '/'; at = posix.dirname(at)) {
      const step = kept.get(at)
      if (step) return step
    }
    return undefined
  }
  for (const step of [...steps].sort((a, b) => depth(a) - depth(b) || (a.target < b.target ? -1 : 1))) {
    const parent = above(step.target)
    const folder = parent?.kind === 'bind'
    if (step.kind === 'link' && folder) continue
    if (step.kind === 'bind' && folder && parent.write === step.write && !step.devices && !step.pin) continue
    kept.set(step.target, step)
  }
  return [...kept.values()]
}

/** `~` is the home; what is relative is below the work folder. */
function policyPath(path: string, home: string, work: string): string {
  if (path === '~') return home
  if (path.startsWith('~/')) return posix.join(home, path.slice(2))
  return posix.resolve(work, path)
}

function homeInside(home: string, real: (path: string) => string): string {
  const at = posix.isAbsolute(home) ? real(home) : '/'
  return at === '/' ? '/home/agent' : at
}

function checkWorkFolder(work: string, home: string, secret: readonly string[], host: HostView): void {
  const fix = 'Start in the folder of one project, or name that folder.'
  if (host.kind(work) !== 'folder') {
    throw new OperatorError('usage', { what: `The work folder ${work} is no folder.`, fix })
  }
  if (isWithin(home, work)) {
    throw new OperatorError('usage', {
      what: `The work folder ${work} holds the whole home: its secrets and other projects.`,
      why: 'All of the work folder is writable inside the sandbox.',
      fix,
    })
  }
  const system = [
    '/',
    '/usr',
    '/etc',
    '/bin',
    '/lib',
    '/boot',
    '/dev',
    '/proc',
    '/sys',
    '/run',
    '/var',
    '/tmp',
  ]
  if (system.includes(work) || kernelFolders.some((folder) => isWithin(work, folder))) {
    throw new OperatorError('usage', { what: `The work folder ${work} belongs to the system.`, fix })
  }
  const inside = secret.find((path) => isWithin(work, path))
  if (inside !== undefined) {
    throw new OperatorError('usage', {
      what: `The work folder ${work} lies in ${inside}, which is kept from the agent.`,
      fix: 'Put the recording elsewhere with --record, or start in another folder.',
    })
  }
}

function checkWish(wish: string, path: string, secret: readonly string[]): void {
  const kept = secret.find((folder) => isWithin(path, folder))
  if (kept !== undefined) {
    throw new OperatorError('usage', {
      what: `The policy shows ${wish}, but the agent must not see ${kept}: it holds the recording or the state of Vigiles.`,
      fix: `Remove ${wish} from the policy's \`filesystem\`.`,
    })
  }
  const whole = ['/', '/dev', '/sys', '/run'].includes(path)
  if (whole || kernelFolders.some((folder) => isWithin(path, folder))) {
    throw new OperatorError('usage', {
      what: `The policy shows ${wish}, which would undo the sandbox.`,
      why: 'Through it other processes, control groups or the whole disk can be reached.',
      fix: 'Name the folders that are needed.',
    })
  }
}
