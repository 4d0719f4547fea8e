import { describe, expect, it } from 'vitest'
import {
  type Check,
  type CheckId,
  checkIds,
  examineMachine,
  type MachineReport,
} from '../sandboxes/machine.ts'
import { tierOf } from '../sandboxes/tier.ts'
import { doctorCommand, doctorText } from './doctor.ts'

const report = (failing: Partial<Record<CheckId, Partial<Check>>>): MachineReport => ({
  system: { name: 'Ubuntu 24.04.1 LTS', families: ['ubuntu'], container: undefined },
  root: false,
  kernel: '6.8.0',
  architecture: 'x64',
  workFolder: '/home/ada/app',
  checks: Object.fromEntries(
    checkIds.map((id): [CheckId, Check] => [
      id,
      { id, ok: failing[id] === undefined, detail: 'fine', ...failing[id] },
    ]),
  ) as Record<CheckId, Check>,
})

describe('doctorText', () => {
  it('says what is missing, how to get it, and what that means', () => {
    const text = doctorText(
      report({
        bubblewrap: { detail: 'bwrap is not there', fix: 'sudo apt install bubblewrap' },
        'cpu-limit': { detail: 'not at all', fix: 'Start vigiles as root' },
      }),
    ).join('\n')
    expect(text).toContain('Ubuntu 24.04.1 LTS, kernel 6.8.0, x64, as an ordinary user')
    expect(text).toMatch(/MISSING +bubblewrap +bwrap is not there\n +fix: sudo apt install bubblewrap/)
    expect(text).toMatch(/weaker +processor limit +not at all/)
    expect(text).toContain('Tier none')
    expect(text).toContain('First: bubblewrap.')
  })

  it('names what a policy can require', () => {
    const text = doctorText(report({ cgroup: {}, 'call-identity': {} })).join('\n')
    expect(text).toContain('Tier user')
    expect(text).toMatch(/A policy can require: namespaces, transparent-capture, identity, seccomp/)
    expect(text).toMatch(/It can't require: cgroup, freeze, unprivileged-uid/)
  })
})

describe('doctorCommand', () => {
  it('refuses words that it does not know', async () => {
    await expect(doctorCommand(['folder'])).rejects.toThrow(/doctor takes no folder/)
    await expect(doctorCommand(['--jsn'])).rejects.toThrow()
  })
})

describe.skipIf(process.platform !== 'linux')('examineMachine, on this machine', () => {
  it('tries every thing once and gives a reason or a fix for what does not hold', async () => {
    const found = await examineMachine(process.cwd())
    expect(Object.keys(found.checks).sort()).toEqual([...checkIds].sort())
    for (const check of Object.values(found.checks)) {
      expect(check.detail, check.id).not.toBe('')
      if (!check.ok && check.id !== 'seccomp') expect(check.fix ?? check.detail, check.id).toMatch(/\w{4}/)
    }
    if (tierOf(found) === 'root') expect(found.root).toBe(true)
  })
})
