// The 24 groups of ways out, tried for real: decided as the policy says, recorded, and named by the right call.
//
// Runs as whoever starts it: as root with control groups, else in the user's tier (attempts-user.test.ts runs that
// beside it when this is root). What the machine can't do is skipped with the reason.

import { describe } from 'vitest'
import { attemptsHold } from './attempts-hold.ts'
import { collectAttempts } from './collect-attempts.ts'
import { missingForSandbox } from './holding.ts'

const missing = missingForSandbox()
const user = process.getuid?.() !== 0

describe.skipIf(missing !== undefined)(`ways out of a sandbox${missing ? ` (${missing})` : ''}`, () => {
  attemptsHold({ collect: collectAttempts, user })
})
