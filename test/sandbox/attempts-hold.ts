// What is asked of the attempts, whoever ran them: as root, or as an ordinary user.

import { beforeAll, describe, expect, it } from 'vitest'
import type { Collected } from './collect-attempts.ts'
import type { Outcome } from './expectations.ts'
import { groups } from './groups.ts'
import { listAttempts } from './run-attempts.ts'

const longestMs = 400_000
const listed = listAttempts({ env: {} })

export interface Asked {
  /** Runs them all. */
  readonly collect: () => Promise<Collected>
  /** As an ordinary user: what its attempts call a `user-hole`, with the reason, may be said of nobody. */
  readonly user: boolean
}

/** Within a `describe`. What should hold and does not yet is marked as failing, and fails when it is mended. */
export function attemptsHold({ collect, user }: Asked): void {
  let collected: Collected | undefined
  const result = () => {
    if (collected === undefined) throw new Error('the attempts did not run to their end')
    return collected
  }
  beforeAll(async () => {
    collected = await collect()
  }, longestMs)

  for (const [number, title] of groups) {
    const here = listed.filter(({ group }) => group === number)
    describe(`${number} ${title}`, () => {
      if (number === 23) {
        it('stops what was found, keeps the proof, and leaves the others alone', () => {
          expect(problemsOf(result().contained)).toEqual([])
        })
      }
      for (const { path, name, skip, hole, userHole } of here) {
        const test = skip !== undefined ? it.skip : hole !== undefined ? it.fails : it
        test(`${name}${skip ? ` (${skip})` : ''}`, (context) => {
          const outcome = result().outcomes[listed.findIndex((one) => one.path === path)]
          if (outcome?.skipped !== undefined) return context.skip(outcome.skipped)
          const mayBeNobody = user && userHole !== undefined
          const problems = outcome?.problems.filter((text) => !mayBeNobody || !text.endsWith('of nobody'))
          expect(problems).toEqual([])
        })
      }
    })
  }

  it('lets no lookup of a denied name reach any resolver', () => {
    expect(result().asked.filter((name) => name.endsWith('denied.example'))).toEqual([])
    expect(result().asked).toContain('web.allowed.example')
  })

  it('says of no call what its neighbour did', () => {
    expect(result().ofTheNeighbour).toEqual([])
  })

  it('ties every connection and lookup to a call by identity', () => {
    // Without root a socket has to be found in /proc: one that is closed before is nobody's, and then nobody takes the connection.
    const given = new Set(
      result().untied.flatMap((line) =>
        user && line.class === 'network_activity' && line.outcome === 'no-answer' ? [line.connection] : [],
      ),
    )
    const untied = result().untied.filter(
      (line) =>
        !user ||
        line.class !== 'network_activity' ||
        (line.transport === 'tcp' && !given.has(line.connection)),
    )
    expect(untied).toEqual([])
  })

  it('finds nothing grave in what must stay quiet', () => {
    expect(result().grave).toEqual([])
  })

  it('leaves recordings that are sealed and whole, without the secrets that went by', () => {
    expect(new Set(result().verified)).toEqual(new Set(['sealed']))
    expect(result().leaked).toBe(false)
  })

  it('holds between two calls, and without a resolver', () => {
    expect(problemsOf(result().more)).toEqual([])
  })
}

function problemsOf(outcomes: readonly Outcome[]): string[] {
  return outcomes
    .filter(({ hole }) => hole === undefined)
    .flatMap(({ name, problems }) => problems.map((text) => `${name}: ${text}`))
}
