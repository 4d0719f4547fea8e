// Runs all attempts as whoever starts it, and writes what came of them to the file that is named.

import { writeFileSync } from 'node:fs'
import { collectAttempts } from './collect-attempts.ts'

const [file = ''] = process.argv.slice(2)
writeFileSync(file, JSON.stringify(await collectAttempts()))
// Listeners and clients of what was cut on purpose may linger.
process.exit(0)
