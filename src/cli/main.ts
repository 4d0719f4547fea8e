#!/usr/bin/env node
// Finds the command that was typed; each lives in a file of its own and is loaded only when asked for.

import { AssertionError } from '../base/assert.ts'
import { exitCodes, OperatorError } from '../base/errors.ts'

const help = `vigiles - keeps watch over AI agents

Usage
  vigiles investigate PATH... --out DIR   which tool call caused each alarm
  vigiles why DIR 'LOG LINE' | UID        the answer for one alarm, in ten lines
  vigiles audit PATH...                   could an alarm be attributed today, and what would make it better?
  vigiles run -- COMMAND...               a command in a sandbox whose every connection is known, decided, recorded
  vigiles serve [PATH...]                 the watch room: live runs, recordings and investigations as a page
  vigiles doctor                          can this machine give the isolation, and what is missing?
  vigiles contain DIR ACT                 freeze, thaw, kill, block, quarantine a running sandbox
  vigiles policy VERB                     check, explain, test, learn what may be reached
  vigiles report DIR                      the report of a recording, one file that works offline
  vigiles replay DIR                      the findings of a recording, found again
  vigiles verify DIR                      is a recording what was written?
  vigiles export DIR --format FORMAT      findings for other tools: timesketch, ocsf, csv, stix
  vigiles --version

Each command has its own --help.
`

type Command = (args: string[]) => Promise<number>
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  investigate: async () => (await import('./investigate.ts')).investigateCommand,
  why: async () => (await import('./why.ts')).whyCommand,
  audit: async () => (await import('./audit.ts')).auditCommand,
  run: async () => (await import('./run.ts')).runCommand,
  serve: async () => (await import('./serve.ts')).serveCommand,
  contain: async () => (await import('./contain.ts')).containCommand,
  policy: async () => (await import('./policy.ts')).policyCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
  report: async () => (await import('./report.ts')).reportCommand,
  replay: async () => (await import('./replay.ts')).replayCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
  export: async () => (await import('./export.ts')).exportCommand,
}

async function run(argv: string[]): Promise<number> {
  const [name, ...args] = argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help)
    return name === undefined ? exitCodes.usage : exitCodes.ok
  }
  if (name === '--version' || name === '-v') {
    const { version } = await import('../pipeline/version.ts')
    process.stdout.write(`${version}\n`)
    return exitCodes.ok
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!load) {
    const { nearestWord } = await import('../base/suggest.ts')
    const near = nearestWord(name, Object.keys(commands))
    throw new OperatorError('usage', {
      what: `vigiles has no command ${JSON.stringify(name)}.`,
      fix: near === undefined ? 'Try vigiles --help.' : `Did you mean vigiles ${near}?`,
    })
  }
  const command = await load()
  return await command(args)
}

/** A reader that closes early (`| head`) is no error of ours. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.ok)
  throw error
})

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  if (error instanceof OperatorError) {
    process.stderr.write(`${error.toText()}\n`)
    process.exitCode = error.exitCode
  } else if (isParseArgsError(error)) {
    process.stderr.write(`${error.message}\nTry --help.\n`)
    process.exitCode = exitCodes.usage
  } else {
    const kind = error instanceof AssertionError ? 'An invariant of vigiles does not hold' : 'Vigiles failed'
    process.stderr.write(
      `${kind}: ${error instanceof Error ? error.stack : String(error)}\nThis is a bug of ours: please report it with the lines above.\n`,
    )
    process.exitCode = exitCodes.bug
  }
}

function isParseArgsError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}
