import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { exitCodes, OperatorError } from '../base/errors.ts'
import { plain } from '../base/terminal.ts'
import { type Act, acts, type BoxStatus } from '../responses/api.ts'
import { askControl } from '../responses/control-socket.ts'

const help = `vigiles contain DIR ACT [--call ID] [DESTINATION]

Acts on a running sandbox; DIR is the folder of its recording.

  status                what runs, what is open, what was done
  freeze, thaw          all of it, or one call: stops every process at once; its connections are cut
  kill                  ends the processes; what they were is kept first
  block, unblock DEST   a name or address, with :PORT or without
  quarantine, release   nothing leaves any more

  --call ID    one tool call (or unit) instead of the whole sandbox
  --json       the answer as one JSON line

Exit code 0 when it was done, 1 when it was not, 3 when nothing runs there.
`

/** `vigiles contain`: resolves to the exit code. */
export async function containCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      call: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return exitCodes.ok
  }
  const [dir, word = 'status', destination, extra] = positionals
  const act = acts.find((one) => one === word)
  if (dir === undefined || act === undefined || extra !== undefined) {
    throw new OperatorError('usage', {
      what:
        dir === undefined
          ? 'contain wants the folder of a recording.'
          : `contain does not know ${JSON.stringify(act ? extra : word)}.`,
      fix: `The acts are ${acts.join(', ')}.`,
    })
  }
  const wants = act === 'block' || act === 'unblock'
  if (wants !== (destination !== undefined)) {
    throw new OperatorError('usage', {
      what: wants ? `${act} wants a destination.` : `${act} takes no destination.`,
      fix: 'For example: vigiles contain DIR block pool.example.com:3333',
    })
  }
  const result = await askControl(join(dir, 'control.sock'), {
    act: act satisfies Act,
    ...(values.call !== undefined && { call: values.call }),
    ...(destination !== undefined && { destination }),
  })
  const lines = values.json
    ? [JSON.stringify(result)]
    : [plain(result.detail, 500), ...(act === 'status' && result.status ? statusLines(result.status) : [])]
  process.stdout.write(`${lines.join('\n')}\n`)
  return result.ok ? exitCodes.ok : exitCodes.failOn
}

function statusLines({ mode, tier, frozen, quarantined, blocked, calls, connections }: BoxStatus): string[] {
  return [
    `mode ${mode}, tier ${tier}${frozen ? ', frozen' : ''}${quarantined ? ', quarantined' : ''}`,
    ...(blocked.length > 0 ? [`blocked: ${plain(blocked.join(', '), 2000)}`] : []),
    ...calls.map(
      (one) =>
        `call ${plain(one.call, 80)} (${plain(one.name, 40)}): ${one.processes} processes${one.frozen ? ', frozen' : ''}`,
    ),
    ...connections.map(
      ({ to, call, protocol }) =>
        `open: ${plain(to, 200)}${protocol === undefined ? '' : ` ${plain(protocol, 20)}`}${call === undefined ? '' : `, call ${plain(call, 80)}`}`,
    ),
  ]
}
