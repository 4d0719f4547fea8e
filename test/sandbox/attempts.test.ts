// The 24 groups of ways out, tried for real: decided as the policy says, recorded, and named by the right call.
//
// Runs as whoever starts it: as root with control groups, else in the user's tier. What the machine can't do is skipped
// with the reason; what should hold and does not yet is marked as failing, and fails when it is mended.

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { containment, type Stopped } from './containment.ts'
import type { Outcome } from './expectations.ts'
import { groups } from './groups.ts'
import { missingForSandbox } from './holding.ts'
import { handedOver, noResolver } from './more-attempts.ts'
import { listAttempts, type Run, runAttempts } from './run-attempts.ts'
import { openWorld, type World } from './world.ts'

const missing = missingForSandbox()
const root = process.getuid?.() === 0
const listed = listAttempts({ env: {} })

describe.skipIf(missing !== undefined)(`ways out of a sandbox${missing ? ` (${missing})` : ''}`, () => {
  let world: World
  let run: Run
  let stopped: Stopped
  let more: Outcome[] = []

  beforeAll(async () => {
    world = await openWorld()
    run = await runAttempts(world)
    stopped = await containment(world)
    more = [...(await handedOver(world)), ...(await noResolver(world))]
  }, 400_000)
  afterAll(() => world?.close())

  for (const [number, title] of groups) {
    const here = listed.filter(({ group }) => group === number)
    describe(`${number} ${title}`, () => {
      if (number === 23) containmentHolds()
      for (const { path, name, skip, hole, userHole } of here) {
        const test = skip !== undefined ? it.skip : hole !== undefined ? it.fails : it
        test(`${name}${skip ? ` (${skip})` : ''}`, (context) => {
          const index = listed.findIndex((one) => one.path === path)
          const outcome = run.outcomes[index]
          if (outcome?.skipped !== undefined) return context.skip(outcome.skipped)
          const problems = outcome?.problems.filter((text) => !userHole || !text.endsWith('of nobody'))
          expect(problems).toEqual([])
        })
      }
    })
  }

  function containmentHolds() {
    it('stops what was found, keeps the proof, and leaves the others alone', () => {
      expect(
        stopped.outcomes
          .filter(({ hole }) => hole === undefined)
          .flatMap(({ name, problems }) => problems.map((text) => `${name}: ${text}`)),
      ).toEqual([])
    })
  }

  it('lets no lookup of a denied name reach any resolver', async () => {
    await sleep(100)
    expect(world.asked.filter((name) => name.endsWith('denied.example'))).toEqual([])
    expect(world.asked).toContain('web.allowed.example')
  })

  it('says of no call what its neighbour did', () => {
    for (const lines of run.journals.values()) {
      const others = lines.filter(
        (line) =>
          line.class === 'network_activity' &&
          line.dstEndpoint.ip === '192.0.2.99' &&
          line.actor.toolCall !== 'neighbour',
      )
      expect(others).toEqual([])
    }
  })

  it('ties every connection and lookup to a call by identity', () => {
    for (const lines of run.journals.values()) {
      const untied = lines.filter(
        (line) =>
          (line.class === 'dns_activity' ||
            (line.class === 'network_activity' && (root || line.transport === 'tcp'))) &&
          line.actor.tier !== 'identity',
      )
      expect(untied).toEqual([])
    }
  })

  it('finds nothing grave in what must stay quiet', () => {
    const grave = (run.journals.get('quiet') ?? []).filter(
      (line) => line.class === 'detection_finding' && ['high', 'critical'].includes(line.finding.severity),
    )
    expect(grave).toEqual([])
  })

  it('leaves recordings that are sealed and whole, without the secrets that went by', () => {
    expect([...run.verified.values()].every((state) => state === 'sealed')).toBe(true)
    expect(JSON.stringify([...run.journals.values()])).not.toContain(
      'ghp_0123456789abcdefghijABCDEFGHIJ456789',
    )
  })

  it('holds between two calls, and without a resolver', () => {
    expect(
      more
        .filter(({ hole }) => hole === undefined)
        .flatMap(({ name, problems }) => problems.map((text) => `${name}: ${text}`)),
    ).toEqual([])
  })
})
