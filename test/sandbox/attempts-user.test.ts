// The same ways out, tried by an ordinary user when the tests run as root: without root, control groups or marks.
//
// What is known not to hold there says so in its program (`user-hole`, with the reason); anything else fails.

import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type AsUser, asUser } from './as-user.ts'
import { attemptsHold } from './attempts-hold.ts'
import type { Collected } from './collect-attempts.ts'
import { missingForSandbox } from './holding.ts'
import { attemptsFolder } from './run-attempts.ts'

const missing =
  missingForSandbox() ??
  (process.getuid?.() === 0 ? undefined : 'not root: attempts.test.ts runs them as this user')
const driver = 'test/sandbox/attempts.driver.ts'

describe.skipIf(missing !== undefined)(
  `ways out of a sandbox of an ordinary user${missing ? ` (${missing})` : ''}`,
  () => {
    let user: AsUser | undefined
    let tier = ''
    afterAll(() => user?.close())

    attemptsHold({
      user: true,
      async collect() {
        user = asUser({ test: driver, timeoutMs: 300_000 })
        cpSync(attemptsFolder, join(user.program, 'test/sandbox/attempts'), { recursive: true })
        const out = join(user.work, 'collected.json')
        const ended = await user.node([join(user.program, driver.replace('.ts', '.js')), out])
        if (!existsSync(out)) throw new Error(`the attempts ended with ${ended.code}: ${ended.err}`)
        const collected: Collected = JSON.parse(readFileSync(out, 'utf8'))
        tier = collected.tier
        return collected
      },
    })

    it('runs them in the tier of an ordinary user', () => {
      expect(tier).toBe('user')
    })
  },
)
