// The sandbox of an ordinary user: what it shares with root's, and where it is honest about knowing less.

import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cgroup2Mount } from '../../src/sandboxes/cgroups.ts'
import type { RecordedLine } from '../../src/schema/journal.ts'
import { verifyJournal } from '../../src/store/verify.ts'
import { type AsUser, asUser, type Ended } from './as-user.ts'
import { missingForSandbox } from './holding.ts'

const missing = missingForSandbox()
const delegable = placeForGroups()
const driver = fileURLToPath(new URL('user-tier.driver.mjs', import.meta.url))

describe.skipIf(missing !== undefined)(`a sandbox without root${missing ? ` (${missing})` : ''}`, () => {
  let user: AsUser
  let ended: Ended
  let out: Record<string, unknown> = {}
  let lines: RecordedLine[] = []
  let record = ''

  beforeAll(async () => {
    user = asUser()
    record = join(user.home, 'record')
    const program = join(user.base, 'driver.mjs')
    writeFileSync(program, readFileSync(driver))
    const extra = openSync('/dev/null', 'r')
    ended = await user.node([program, user.library, record], [extra])
    closeSync(extra)
    if (ended.code === 0) out = JSON.parse(ended.out)
    const journal = join(record, 'journal.jsonl')
    if (existsSync(journal)) lines = linesOf(journal)
  }, 90_000)
  afterAll(() => user?.close())

  /** Calls and tiers of the connections that `which` picks. */
  const actors = (which: (line: Extract<RecordedLine, { class: 'network_activity' }>) => boolean) =>
    lines.flatMap((line) =>
      line.class === 'network_activity' &&
      line.activity !== 'close' &&
      line.activity !== 'traffic' &&
      which(line)
        ? [line.actor]
        : [],
    )
  const calls = (path: string) =>
    lines.flatMap((line) =>
      line.class === 'http_activity' && line.http.path === path ? [line.actor.toolCall] : [],
    )

  it('runs to its end and seals the recording', async () => {
    expect([ended.code, ended.err]).toEqual([0, ''])
    expect((await verifyJournal(record)).state).toBe('sealed')
    expect(JSON.parse(readFileSync(join(record, 'run.json'), 'utf8')).tier).toBe('user')
  })

  it('gives commands no capabilities, no new privileges, a filter, and nothing that was open outside', () => {
    const uid = process.getuid?.() === 0 ? 65_534 : process.getuid?.()
    // 0, 1, 2, and the folder that `ls` looks at.
    expect(out.self).toBe(`${uid}\n4\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n`)
  })

  it('connects where the policy allows, refuses the rest, and asks no resolver for denied names', () => {
    expect(out.allowed).toBe('hello /allowed')
    expect([out.denied, out.deniedName]).toEqual([7, 7])
    expect(new Set(out.asked as string[])).toEqual(new Set(['open.example']))
    expect(actors(({ dstEndpoint }) => dstEndpoint.ip === '192.0.2.7')).toMatchObject([
      { toolCall: 'denied', tier: 'identity', process: { name: 'curl' } },
    ])
    const lookup = lines.find(
      (line) => line.class === 'dns_activity' && line.query.hostname === 'closed.example',
    )
    expect(lookup).toMatchObject({
      disposition: 'blocked',
      actor: { toolCall: 'denied-name', tier: 'identity' },
    })
  })

  it('tells calls apart that run at the same time', () => {
    for (const call of ['one', 'two', 'three'])
      for (const i of [1, 2, 3, 4, 5, 6]) expect([i, calls(`/${call}-${i}`)]).toEqual([i, [call]])
  })

  it('knows the call after double forks, setsid, nohup, an empty environment, and its end', () => {
    for (const path of ['/away', '/env', '/nohup']) expect([path, calls(path)]).toEqual([path, ['away']])
  })

  it('knows the call from within namespaces that its programs make', () => {
    expect(calls('/nested')).toEqual(['nested'])
    expect(calls('/nested-twice')).toEqual(['nested'])
  })

  it('knows the call of a process that lets nobody look, and of a thread with descriptors of its own', () => {
    expect(out.hidden).toContain('/hidden')
    expect(calls('/hidden')).toEqual(['hidden'])
    expect(calls('/thread')).toEqual(['threads'])
  })

  it('says that it does not know, rather than name another call', () => {
    const shared = actors(({ dstEndpoint }) => dstEndpoint.port === 8001)
    expect(shared).toEqual([{ tier: 'none' }])
    const closed = actors(({ dstEndpoint }) => dstEndpoint.ip === '192.0.2.9')
    expect(closed.length).toBeGreaterThan(0)
    for (const actor of closed) expect([undefined, 'closer']).toContain(actor.toolCall)
  })

  it('freezes, thaws and kills a call, and nothing else', () => {
    expect(out).toMatchObject({
      ticking: true,
      freeze: { ok: true },
      frozen: true,
      stillFrozen: true,
      thaw: { ok: true },
      thawed: true,
      kill: { ok: true },
      killed: { signal: 'SIGKILL' },
      dead: true,
      neighbour: 'alive\n',
    })
  })

  it('leaves no process behind, also when it is killed', async () => {
    const recorded = join(user.home, 'killed')
    const { pid, ended: gone } = user.start([
      user.cli,
      'run',
      '--record',
      recorded,
      '--',
      'sh',
      '-c',
      'setsid sleep 987 & sleep 987',
    ])
    const sleeping = () =>
      readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandOf(name) === 'sleep\x00987\x00')
    for (let i = 0; i < 200 && sleeping().length < 2; i++) await sleep(50)
    expect(sleeping()).toHaveLength(2)
    process.kill(pid, 'SIGKILL')
    await gone
    for (let i = 0; i < 100 && sleeping().length > 0; i++) await sleep(50)
    expect(sleeping()).toEqual([])
    expect((await verifyJournal(recorded)).state).toBe('open')
  })

  it('passes exit codes through on the command line', async () => {
    const run = await user.node([user.cli, 'run', '--', 'sh', '-c', 'echo said; exit 6'])
    expect([run.code, run.out]).toEqual([6, 'said\n'])
  })

  it('starts nothing where the policy requires what only root can give', async () => {
    const policy = join(user.work, 'strict.yaml')
    writeFileSync(policy, 'version: 1\nisolation:\n  require: [identity, unprivileged-uid]\n')
    const run = await user.node([user.cli, 'run', '--quiet', '--policy', policy, '--', 'touch', 'started'])
    expect(run.code).toBe(3)
    expect(run.err).toContain('requires unprivileged-uid')
    expect(run.err.trim().split('\n')).toHaveLength(3)
    expect(existsSync(join(user.work, 'started'))).toBe(false)
  })

  it.skipIf(!delegable)(
    'uses a control group that was handed to the user, and leaves it as it was',
    async () => {
      const group = join(delegable ?? '', `vigiles-test-${process.pid}`)
      mkdirSync(group)
      try {
        for (const file of ['', 'cgroup.procs', 'cgroup.subtree_control'])
          chownSync(join(group, file), 65_534, 65_534)
        const policy = join(user.work, 'groups.yaml')
        writeFileSync(policy, 'version: 1\nisolation:\n  require: [identity, cgroup, freeze]\n')
        const recorded = join(user.home, 'in-group')
        const command = 'setsid curl -s -m 5 http://192.0.2.5/; exit 6'
        const run = await user.nodeInGroup(
          [user.cli, 'run', '--quiet', '--policy', policy, '--record', recorded, '--', 'sh', '-c', command],
          join(group, 'cgroup.procs'),
        )
        expect([run.code, run.err]).toEqual([6, ''])
        expect(JSON.parse(readFileSync(join(recorded, 'run.json'), 'utf8')).tier).toBe('user')
        const seen = linesOf(join(recorded, 'journal.jsonl')).filter(
          (line) => line.class === 'network_activity',
        )
        expect(seen).toMatchObject([
          { activity: 'refuse', actor: { unit: expect.stringMatching(/^unit-1\b/) } },
        ])
        const left = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory())
        expect(left).toEqual([])
      } finally {
        rmdirSync(group)
      }
    },
  )
})

/** Where root may hand on a control group; undefined elsewhere. */
function placeForGroups(): string | undefined {
  const mount = process.platform === 'linux' && process.getuid?.() === 0 ? cgroup2Mount() : undefined
  if (mount === undefined) return undefined
  const trial = join(mount, `vigiles-trial-${process.pid}`)
  try {
    mkdirSync(trial)
    rmdirSync(trial)
    return mount
  } catch {
    return undefined
  }
}

function linesOf(journal: string): RecordedLine[] {
  return readFileSync(journal, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}
