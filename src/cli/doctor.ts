import { parseArgs } from 'node:util'
import { exitCodes, OperatorError } from '../base/errors.ts'
import { plain } from '../base/terminal.ts'
import {
  type Check,
  type CheckId,
  checkIds,
  examineMachine,
  type MachineReport,
} from '../sandboxes/machine.ts'
import { missingForRun, needsHeld, type Tier, tierOf } from '../sandboxes/tier.ts'
import { isolationNeeds } from '../schema/policy.ts'

const help = `vigiles doctor [--work-folder DIR] [--json]

Says what sandboxes this machine can give, what is missing, and how to get it. Everything is tried; nothing stays.

  --work-folder DIR   the folder an agent would work in (default: this one); its file system matters to root
  --json              the report as one JSON line

Exit code 0 when \`vigiles run\` would work, 3 when it would not.
`

/** `vigiles doctor`: resolves to the exit code. */
export async function doctorCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      'work-folder': { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return exitCodes.ok
  }
  if (positionals.length > 0) {
    throw new OperatorError('usage', {
      what: `doctor takes no ${plain(positionals[0]!, 80)}.`,
      fix: 'For another folder: vigiles doctor --work-folder DIR',
    })
  }
  const report = await examineMachine(values['work-folder'] ?? process.cwd())
  const tier = tierOf(report)
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ _schema: 'vigiles/doctor/v1', tier, needs: needsHeld(report), ...report })}\n`
      : `${doctorText(report).join('\n')}\n`,
  )
  return tier === 'none' ? exitCodes.environment : exitCodes.ok
}

const titles: Readonly<Record<CheckId, string>> = {
  linux: 'Linux',
  koffi: 'system calls',
  bubblewrap: 'bubblewrap',
  'util-linux': 'util-linux',
  iproute: 'iproute',
  nftables: 'nftables',
  'user-namespaces': 'user namespaces',
  'network-rules': 'network rules',
  'packet-log': 'packet log',
  seccomp: 'seccomp',
  cgroup: 'control groups',
  'call-identity': 'call identity',
  'id-mapped-mounts': 'id-mapped mounts',
  'memory-limit': 'memory limit',
  'process-limit': 'process limit',
  'cpu-limit': 'processor limit',
  'process-events': 'process events',
}

const tierTexts: Readonly<Record<Tier, string>> = {
  root: 'root: every call has a control group of its own, and the kernel says which call a socket belongs to.',
  user: 'user: every call has a user namespace of its own, found through its processes.',
  none: 'none: `vigiles run` does not work here yet.',
}

/** What the terminal shows. */
export function doctorText(report: MachineReport): string[] {
  const tier = tierOf(report)
  const needed = new Set(missingForRun(report))
  const held = needsHeld(report)
  const { system } = report
  const where = system.container === undefined ? '' : ` in ${system.container}`
  const meets = isolationNeeds.filter((need) => held[need])
  const fails = isolationNeeds.filter((need) => !held[need])
  return [
    plain(
      `${system.name}${where}, kernel ${report.kernel}, ${report.architecture}, as ${report.root ? 'root' : 'an ordinary user'}`,
      200,
    ),
    '',
    ...checkIds.flatMap((id) => checkText(report.checks[id], needed.has(id))),
    '',
    `Tier ${tierTexts[tier]}`,
    `A policy can require: ${meets.join(', ') || 'nothing'}.`,
    ...(fails.length > 0 ? [`It can't require: ${fails.join(', ')}.`] : []),
    ...(needed.size > 0
      ? [`First: ${[...needed].map((id) => titles[id]).join(', ')}.`]
      : tier === 'user'
        ? ['More with root: sudo vigiles run … (the agent itself still runs as an ordinary user).']
        : []),
  ]
}

const wordWidth = 9
const titleWidth = 18

function checkText({ id, ok, detail, fix }: Check, needed: boolean): string[] {
  const word = ok ? 'ok' : needed ? 'MISSING' : 'weaker'
  const line = `  ${word.padEnd(wordWidth)}${titles[id].padEnd(titleWidth)}${plain(detail, 300)}`
  return ok || fix === undefined ? [line] : [line, `${' '.repeat(2 + wordWidth + titleWidth)}fix: ${fix}`]
}
