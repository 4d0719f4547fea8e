import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { agentHome, agentUser, dedicatedUid } from './agent-user.ts'

const root = process.getuid?.() === 0

describe('agentUser', () => {
  it.skipIf(root)('is whoever starts it, without root', () => {
    expect(agentUser(tmpdir())).toMatchObject({ uid: process.getuid?.(), gid: process.getgid?.() })
  })

  it.skipIf(!root)('is the owner of the work folder, and never root nor of its group', () => {
    const folder = mkdtempSync(join(tmpdir(), 'work-'))
    try {
      expect(agentUser(folder)).toEqual({ uid: dedicatedUid, gid: dedicatedUid, name: 'agent' })
      chownSync(folder, 4321, 0)
      expect(agentUser(folder)).toEqual({ uid: 4321, gid: 4321, name: 'agent' })
      chownSync(folder, 65_534, 65_534)
      expect(agentUser(folder)).toMatchObject({ uid: 65_534, name: 'nobody' })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('agentHome', () => {
  it('is the home of the agent where it has one, else of who starts it', () => {
    expect(agentHome({ uid: process.getuid!() })).toBe(homedir())
    expect(agentHome({ uid: dedicatedUid }, '/home/ada')).toBe('/home/ada')
    // Its entry names a folder that is not there, or `/`.
    if (root) expect(['/nonexistent', '/']).not.toContain(agentHome({ uid: 65_534 }, '/home/ada'))
  })
})
