// What this machine gives a sandbox, found out by trying each thing once; nothing is left behind.

import { accessSync, constants, mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { quietly, succeeds } from '../base/quietly.ts'
import { cgroup2Mount } from './cgroups.ts'
import { tryIdMap } from './idmap.ts'
import { kernel } from './kernel.ts'
import { type LimitReport, openLimits } from './limits.ts'
import { installHint, readSystem, type System } from './machine-system.ts'
import { trialUser, tryRules, tryRun } from './machine-trials.ts'
import { memoryFile } from './memory-file.ts'
import { hearsProcessEvents } from './process-events.ts'
import { ownSeccompProgram } from './seccomp.ts'
import { namespaceReason } from './user-namespaces.ts'

export const checkIds = [
  'linux',
  'koffi',
  'bubblewrap',
  'util-linux',
  'iproute',
  'nftables',
  'user-namespaces',
  'network-rules',
  'packet-log',
  'seccomp',
  'cgroup',
  'call-identity',
  'id-mapped-mounts',
  'memory-limit',
  'process-limit',
  'cpu-limit',
  'process-events',
] as const

export type CheckId = (typeof checkIds)[number]

export interface Check {
  readonly id: CheckId
  readonly ok: boolean
  /** What was found: a version, a path, or what failed. */
  readonly detail: string
  /** How to get it; absent when it is there, or when nothing can be done. */
  readonly fix?: string
}

export interface MachineReport {
  readonly system: System
  readonly root: boolean
  readonly kernel: string
  readonly architecture: string
  readonly workFolder: string
  readonly checks: Readonly<Record<CheckId, Check>>
}

/** `workFolder`: the one a run would have; its file system matters to root. Never throws. */
export async function examineMachine(workFolder: string): Promise<MachineReport> {
  const system = readSystem()
  const root = process.getuid?.() === 0
  const linux = process.platform === 'linux'
  const found = linux
    ? await tried(system, root, workFolder)
    : checkIds.map((id): Check => ({ id, ok: false, detail: 'only on Linux' }))
  const own = found.filter(({ id }) => id !== 'linux')
  const first: Check = linux
    ? { id: 'linux', ok: true, detail: release() }
    : {
        id: 'linux',
        ok: false,
        detail: `${process.platform}: sandboxes need Linux's namespaces`,
        fix: 'Use a Linux machine or virtual machine (on Windows: WSL 2). `vigiles investigate` runs here.',
      }
  return {
    system,
    root,
    kernel: release(),
    architecture: process.arch,
    workFolder,
    checks: Object.fromEntries([first, ...own].map((check) => [check.id, check])) as Record<CheckId, Check>,
  }
}

async function tried(system: System, root: boolean, workFolder: string): Promise<Check[]> {
  const koffi = checkKoffi()
  const [bubblewrap, utilLinux, iproute, nftables] = await Promise.all([
    checkBubblewrap(system),
    tool('util-linux', ['nsenter', '--version'], 'util-linux', system),
    tool('iproute', ['ip', '-V'], 'iproute2', system),
    tool('nftables', ['nft', '--version'], 'nftables', system),
  ])
  const mount = quietly(() => cgroup2Mount())
  const group = koffi.ok ? makeTrialGroup(mount, root) : undefined
  try {
    const [namespaces, rules, log, identity, seccomp, idMap] = await Promise.all([
      checkNamespaces(bubblewrap.ok, system),
      checkRules(
        'network-rules',
        redirectRule,
        root,
        'Captured traffic needs nftables with NAT in the kernel',
      ),
      checkRules('packet-log', logRule, root, 'Refused connections are recorded through NFLOG'),
      checkIdentity(group, mount, root),
      checkSeccomp(koffi.ok && bubblewrap.ok),
      checkIdMap(workFolder, root, koffi.ok),
    ])
    return [
      ...[koffi, bubblewrap, utilLinux, iproute, nftables, namespaces, rules, log, seccomp],
      ...[checkCgroup(group, mount, root), identity, idMap],
      ...checkLimits(),
      await checkProcessEvents(root, koffi.ok),
    ]
  } finally {
    if (group) quietly(() => rmdirSync(group.path))
  }
}

function checkKoffi(): Check {
  try {
    kernel()
    return { id: 'koffi', ok: true, detail: 'system calls from Node' }
  } catch {
    return {
      id: 'koffi',
      ok: false,
      detail: `the library for system calls does not load on ${process.platform} ${process.arch}`,
      fix: 'Install vigiles again without --omit=optional, on x64 or arm64.',
    }
  }
}

async function tool(
  id: CheckId,
  [command = '', ...args]: readonly string[],
  name: string,
  system: System,
): Promise<Check> {
  const { ok, out } = await tryRun(command, args)
  if (ok) return { id, ok, detail: /\d+\.\d[\w.]*/.exec(out)?.[0] ?? 'there' }
  return { id, ok, detail: `${command} is not there`, fix: installHint(system, name) }
}

/** Those of its options that old versions lack (Debian 11 has 0.4). */
const bubblewrapOptions = [
  '--perms',
  '--size',
  '--clearenv',
  '--die-with-parent',
  '--args',
  '--seccomp',
  '--info-fd',
]

async function checkBubblewrap(system: System): Promise<Check> {
  const found = await tool('bubblewrap', ['bwrap', '--version'], 'bubblewrap', system)
  if (!found.ok) return found
  const help = (await tryRun('bwrap', ['--help'])).out
  const lacking = bubblewrapOptions.filter((option) => !help.includes(option))
  if (lacking.length === 0) return found
  const detail = `${found.detail} is too old: it has no ${lacking.join(', ')}`
  return { id: 'bubblewrap', ok: false, detail, fix: 'Install bubblewrap 0.6 or newer.' }
}

async function checkNamespaces(bubblewrap: boolean, system: System): Promise<Check> {
  const id = 'user-namespaces'
  const isolation = ['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts']
  const view = ['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev']
  const { ok, out } = bubblewrap
    ? await tryRun('bwrap', [...isolation, ...view, '--', 'true'], trialUser())
    : await tryRun('unshare', ['--user', '--map-root-user', '--net', '--mount', 'true'], trialUser())
  if (ok) return { id, ok, detail: 'an ordinary user may make them' }
  return { id, ok, ...namespaceReason(out, system) }
}

const redirectRule = ['type nat hook output priority -100;', 'meta l4proto tcp redirect to :9']
const logRule = ['type filter hook output priority 0;', 'log group 5 counter']

async function checkRules(
  id: CheckId,
  rule: readonly string[],
  root: boolean,
  purpose: string,
): Promise<Check> {
  const { ok, out } = await tryRules(rule, root)
  if (ok) return { id, ok, detail: 'tried in a network of its own' }
  return {
    id,
    ok,
    detail: `${purpose}; nft says: ${firstLine(out)}`,
    fix: 'Load the modules (nf_tables, nft_chain_nat, nft_redir, nfnetlink_log) or use the distribution’s own kernel.',
  }
}

interface TrialGroup {
  readonly path: string
  readonly name: string
}

/** Below the root of version 2 for root, below our own group for others. */
function makeTrialGroup(mount: string | undefined, root: boolean): TrialGroup | undefined {
  if (mount === undefined) return undefined
  const own = root
    ? ''
    : (quietly(() => /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1]) ?? '')
  const name = join(own, `vigiles-doctor-${process.pid}`).replace(/^\//, '')
  const path = join(mount, name)
  return quietly(() => {
    mkdirSync(path)
    return { path, name }
  })
}

function checkCgroup(group: TrialGroup | undefined, mount: string | undefined, root: boolean): Check {
  const id = 'cgroup'
  if (mount === undefined) {
    const fix = 'Boot with systemd.unified_cgroup_hierarchy=1, or mount -t cgroup2 none /sys/fs/cgroup.'
    return { id, ok: false, detail: 'version 2 is not mounted', fix }
  }
  if (!group) {
    const fix = root
      ? 'In a container, start it with --cgroupns=private and a writable /sys/fs/cgroup (docker run --privileged).'
      : 'Start vigiles through `systemd-run --user --scope -p Delegate=yes`, or as root.'
    return { id, ok: false, detail: `no group may be made below ${mount}`, fix }
  }
  const can = ['cgroup.freeze', 'cgroup.kill'].every((file) =>
    succeeds(() => accessSync(join(group.path, file), constants.W_OK)),
  )
  return can
    ? { id, ok: true, detail: `version 2 at ${mount}, with freeze and kill` }
    : {
        id,
        ok: false,
        detail: 'cgroup.freeze or cgroup.kill is missing',
        fix: 'Use a kernel of 5.14 or newer.',
      }
}

async function checkIdentity(
  group: TrialGroup | undefined,
  mount: string | undefined,
  root: boolean,
): Promise<Check> {
  const id = 'call-identity'
  if (!group) return { id, ok: false, detail: 'by user namespaces: there is no control group to go by' }
  const level = group.name.split('/').length
  const rule = [
    'type filter hook output priority 0;',
    `socket cgroupv2 level ${level} "${group.name}" counter`,
  ]
  const { ok, out } = await tryRules(rule, root, mount !== '/sys/fs/cgroup' && root)
  if (ok) return { id, ok, detail: 'the kernel says which call a socket belongs to' }
  return {
    id,
    ok,
    detail: `by user namespaces: nft's \`socket cgroupv2\` fails: ${firstLine(out)}`,
    fix: 'Use a kernel of 5.13 or newer with nft_socket, and nftables 1.0 or newer.',
  }
}

async function checkSeccomp(possible: boolean): Promise<Check> {
  const id = 'seccomp'
  const program = possible ? ownSeccompProgram() : undefined
  if (!program) return { id, ok: false, detail: `no filter could be tried on ${process.arch}` }
  const fd = memoryFile(program)
  const args = [
    '--unshare-user',
    '--dev-bind',
    '/',
    '/',
    '--seccomp',
    '3',
    '--',
    'grep',
    '^Seccomp:',
    '/proc/self/status',
  ]
  const { ok, out } = await tryRun('bwrap', args, { ...trialUser(), fd })
  if (ok && /Seccomp:\s*2/.test(out)) return { id, ok, detail: 'system calls are filtered' }
  return {
    id,
    ok: false,
    detail: `the filter could not be loaded: ${firstLine(out)}`,
    fix: 'Use a kernel with CONFIG_SECCOMP_FILTER.',
  }
}

async function checkIdMap(workFolder: string, root: boolean, possible: boolean): Promise<Check> {
  const id = 'id-mapped-mounts'
  if (!root) return { id, ok: true, detail: 'not needed: the agent is who you are' }
  const problem = possible ? await tryIdMap(workFolder) : 'not tried'
  if (problem === undefined) return { id, ok: true, detail: `on the file system of ${workFolder}` }
  return {
    id,
    ok: false,
    detail: `the file system of ${workFolder} can't: ${problem}`,
    fix: 'Work in a folder that belongs to an ordinary user; or on ext4, xfs or btrfs, with Linux 5.12 or newer.',
  }
}

function checkLimits(): Check[] {
  const mib = 1024 * 1024
  const limits = openLimits({
    resources: { memory: 512 * mib, processes: 512, cpu: 1 },
    name: `doctor-${process.pid}`,
  })
  void limits.close()
  const fix = 'Start vigiles as root, or in a user session that systemd delegates controllers to.'
  const check = (id: CheckId, name: keyof LimitReport): Check => {
    const { by, weaker } = limits.report[name]
    return weaker === undefined
      ? { id, ok: true, detail: `by ${by}` }
      : { id, ok: false, detail: `${by === 'none' ? 'not at all' : `by ${by}`}: ${weaker}`, fix }
  }
  return [check('memory-limit', 'memory'), check('process-limit', 'processes'), check('cpu-limit', 'cpu')]
}

async function checkProcessEvents(root: boolean, possible: boolean): Promise<Check> {
  const id = 'process-events'
  if (!root) return { id, ok: false, detail: 'only for root; processes are looked at one by one instead' }
  if (possible && (await hearsProcessEvents()))
    return { id, ok: true, detail: 'the kernel reports every start and end' }
  return {
    id,
    ok: false,
    detail: 'the kernel does not report them; processes are looked at one by one instead',
    fix: 'Use a kernel with CONFIG_PROC_EVENTS, outside of a container.',
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.slice(0, 200) || 'nothing'
}
