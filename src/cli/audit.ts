import { parseArgs } from 'node:util'
import { exitCodes, OperatorError } from '../base/errors.ts'
import { parseZoneRule } from '../pipeline/clock-domains.ts'
import { quietProgress, TerminalProgress } from '../pipeline/progress.ts'
import { audit } from '../pipeline/readiness/audit.ts'
import { readinessText } from '../pipeline/readiness/text.ts'
import type { Readiness } from '../schema/readiness.ts'

const help = `vigiles audit PATH...

Could an alarm be attributed today with this set-up, and what would make it better?

PATH is any mix of firewall, flow and DNS logs, agents' traces, inventories, and configurations of the set-up: ROCK,
ROLL, verl, Claude Code, docker compose, docker inspect, Kubernetes, Suricata, Zeek, ulogd, nftables, logrotate,
cloud flow logs, .env files. Only logs, or only traces, or only configurations will do. Nothing is written.

  --topology FILE        which sandbox was behind which address: JSON or YAML
  --tz GLOB=ZONE         the zone of naive times in files that match, e.g. 'kernel*=Asia/Shanghai'; repeatable
  --fail-on LEVEL        exit with 1 when a check is missing, or with "weak" also when one is weak
  --json                 print the whole as JSON (_schema "vigiles/readiness/v1")
  --quiet                no progress

Exit code: 0 it ran, 1 --fail-on was met, 2 what was given can't be used, 70 our bug.
`

const levels = ['missing', 'weak'] as const

/** `vigiles audit`: resolves to the exit code. */
export async function auditCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      topology: { type: 'string' },
      tz: { type: 'string', multiple: true, default: [] },
      'fail-on': { type: 'string' },
      json: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return exitCodes.ok
  }
  if (positionals.length === 0) {
    throw new OperatorError('usage', {
      what: 'Nothing to look at was given.',
      fix: 'vigiles audit LOGS TRACES CONFIGURATION (see --help)',
    })
  }
  const failOn = values['fail-on'] === undefined ? undefined : parseLevel(values['fail-on'])
  const readiness = await audit({
    paths: positionals,
    ...(values.topology === undefined ? {} : { topology: values.topology }),
    zones: values.tz.map(parseZoneRule),
    progress: values.quiet
      ? quietProgress
      : new TerminalProgress(
          (text) => process.stderr.write(text),
          process.stderr.isTTY === true,
          () => performance.now(),
        ),
  })
  process.stdout.write(values.json ? `${JSON.stringify(readiness, null, 2)}\n` : readinessText(readiness))
  return failOn !== undefined && reaches(readiness, failOn) ? exitCodes.failOn : exitCodes.ok
}

function parseLevel(text: string): (typeof levels)[number] {
  const level = levels.find((known) => known === text.toLowerCase())
  if (level === undefined) {
    throw new OperatorError('usage', {
      what: `--fail-on: there is no level ${JSON.stringify(text)}`,
      fix: `One of ${levels.join(', ')}.`,
    })
  }
  return level
}

function reaches({ checks }: Readiness, level: (typeof levels)[number]): boolean {
  return checks.some(({ verdict }) => verdict === 'missing' || (level === 'weak' && verdict === 'weak'))
}
