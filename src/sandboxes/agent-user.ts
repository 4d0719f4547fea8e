// Who the agent is: never root, and able to write in the work folder.

import { readFileSync, statSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { quietly } from '../base/quietly.ts'
import type { AgentUser } from './mount-plan.ts'

/** For work folders that are root's; outside of the ranges that systems give to people, services and containers. */
export const dedicatedUid = 64_231

/**
 * Started by a user: that user. Started by root: the owner of the work folder, or, where that is root, a uid of its
 * own that an id-mapped mount shows root's files to as if they were its.
 */
export function agentUser(workFolder: string): AgentUser {
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  if (own.uid !== 0) return { ...own, name: quietly(() => userInfo().username) ?? 'agent' }
  const { uid, gid } = statSync(workFolder)
  if (uid === 0) return { uid: dedicatedUid, gid: dedicatedUid, name: 'agent' }
  const entry = passwdEntry(uid)
  // A folder shared through root's group must not make the agent a member of that.
  const ownGid = entry?.gid ?? (gid === 0 ? uid : gid)
  return { uid, gid: ownGid === 0 ? dedicatedUid : ownGid, name: entry?.name ?? 'agent' }
}

/**
 * Whose tools and settings the agent has: its own, where it is a user of this machine, else those of whoever started it.
 * `sudo` leaves root's home in the environment, and the agent is not root.
 */
export function agentHome(agent: Pick<AgentUser, 'uid'>, own = homedir()): string {
  if (agent.uid === process.getuid?.()) return own
  const home = passwdEntry(agent.uid)?.home
  return home !== undefined && home !== '/' && quietly(() => statSync(home).isDirectory()) === true
    ? home
    : own
}

interface PasswdEntry {
  readonly name: string
  readonly gid: number
  readonly home: string
}

/** Lines like `ada:x:1000:1000:Ada:/home/ada:/bin/bash`. */
function passwdEntry(uid: number): PasswdEntry | undefined {
  const text = quietly(() => readFileSync('/etc/passwd', 'utf8')) ?? ''
  for (const line of text.split('\n')) {
    const [name, , id, gid, , home = ''] = line.split(':')
    if (Number(id) === uid && id !== '' && name && /^[a-z_][\w.-]*$/i.test(name))
      return { name, gid: Number(gid), home }
  }
  return undefined
}
