import { describe, expect, it } from 'vitest'
import { type Check, type CheckId, checkIds, type MachineReport } from './machine.ts'
import { installHint, systemOf } from './machine-system.ts'
import { missingForRun, needsHeld, tierOf, unmetNeeds } from './tier.ts'
import { type NamespaceSettings, reasonOf } from './user-namespaces.ts'

const report = (root: boolean, ...failing: CheckId[]): MachineReport => ({
  system: { name: 'Debian', families: ['debian'], container: undefined },
  root,
  kernel: '6.1.0',
  architecture: 'x64',
  workFolder: '/srv/app',
  checks: Object.fromEntries(
    checkIds.map((id): [CheckId, Check] => [id, { id, ok: !failing.includes(id), detail: '' }]),
  ) as Record<CheckId, Check>,
})

describe('tierOf', () => {
  it('is root with control groups, user without, none where no namespace can be made', () => {
    expect(tierOf(report(true))).toBe('root')
    expect(tierOf(report(true, 'call-identity'))).toBe('user')
    expect(tierOf(report(true, 'cgroup'))).toBe('user')
    expect(tierOf(report(false, 'process-events'))).toBe('user')
    for (const id of ['bubblewrap', 'user-namespaces', 'network-rules', 'koffi'] as const) {
      expect(tierOf(report(true, id))).toBe('none')
      expect(missingForRun(report(true, id))).toEqual([id])
    }
  })

  it('meets the demands that were found to hold, and none where nothing runs', () => {
    expect(needsHeld(report(true))).not.toContain(false)
    expect(
      unmetNeeds(report(false, 'memory-limit', 'cgroup'), ['memory-limit', 'freeze', 'seccomp']),
    ).toEqual(['freeze', 'memory-limit'])
    expect(unmetNeeds(report(false), ['unprivileged-uid'])).toEqual(['unprivileged-uid'])
    expect(new Set(Object.values(needsHeld(report(true, 'bubblewrap'))))).toEqual(new Set([false]))
  })
})

describe('reasonOf', () => {
  const system = { name: 'Ubuntu 24.04', families: ['ubuntu', 'debian'], container: undefined }
  const settings: NamespaceSettings = {
    apparmorRestricts: undefined,
    userNamespacesClone: undefined,
    userNamespacesMax: '15000',
    filtered: false,
  }
  const refused = 'bwrap: setting up uid map: Permission denied'

  it('names what stands in the way', () => {
    const of = (more: Partial<NamespaceSettings>, container?: 'docker' | 'kubernetes', complaint = refused) =>
      reasonOf(complaint, { ...system, container }, { ...settings, ...more })
    expect(of({ apparmorRestricts: '1' })).toMatchObject({
      detail: expect.stringContaining('kernel.apparmor_restrict_unprivileged_userns'),
      fix: expect.stringContaining('bwrap-userns-restrict'),
    })
    expect(of({ userNamespacesMax: '0' }).fix).toContain('user.max_user_namespaces=')
    expect(of({ userNamespacesClone: '0' }).fix).toContain('kernel.unprivileged_userns_clone=1')
    expect(of({ filtered: true }, 'docker')).toMatchObject({
      detail: expect.stringContaining('seccomp profile'),
      fix: expect.stringContaining('seccomp=unconfined'),
    })
    expect(
      of({}, 'docker', "bwrap: Can't mount proc on /newroot/proc: Operation not permitted").fix,
    ).toContain('systempaths=unconfined')
    expect(of({ filtered: true }, 'kubernetes').fix).toMatch(/seccomp/i)
    expect(of({}).detail).toContain(refused)
  })
})

describe('systemOf', () => {
  it('knows how one installs a package', () => {
    const of = (text: string) => installHint(systemOf(text), 'iproute2')
    expect(of('PRETTY_NAME="Linux Mint 22"\nID=linuxmint\nID_LIKE="ubuntu debian"\n')).toBe(
      'sudo apt install iproute2',
    )
    expect(of('ID="rocky"\nID_LIKE="rhel centos fedora"\n')).toBe('sudo dnf install iproute')
    expect(of('ID=alpine\n')).toBe('sudo apk add iproute2')
    expect(of('')).toBe('Install the package iproute2.')
    expect(systemOf('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"').name).toBe(
      'Debian GNU/Linux 12 (bookworm)',
    )
  })
})
