import { parseArgs } from 'node:util'
import { exitCodes, OperatorError } from '../base/errors.ts'
import { alarmAnswer } from '../pipeline/case-answers.ts'
import { readSummary } from '../pipeline/read-case.ts'

const help = `vigiles why DIR 'PASTED LOG LINE' | UID

Says for one alarm of an investigation which tool call caused it, how sure that is, on what evidence, and what
else it could have been. DIR is the folder that was named with --out. A log line is pasted as the firewall wrote
it; a UID is one from attributions.jsonl. With - the line is read from standard input.

  --json    the attribution as one JSON line
`

/** `vigiles why`: resolves to the exit code. */
export async function whyCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return exitCodes.ok
  }
  const [folder, ...words] = positionals
  if (folder === undefined || words.length === 0) {
    throw new OperatorError('usage', {
      what: 'why wants DIR and a log line or a UID.',
      fix: "vigiles why case-1 'PASTED LOG LINE'",
    })
  }
  const typed = words.join(' ')
  const pasted = (typed === '-' ? await readStdin() : typed).trim()
  const summary = readSummary(folder)
  const answer = await alarmAnswer(folder, pasted, {
    ...(process.stdout.isTTY && { width: process.stdout.columns }),
  })
  if (!answer) {
    throw new OperatorError('usage', {
      what: 'No event of this investigation matches what was pasted.',
      why: `It was compared by the time as the source wrote it, by addresses and port, with ${summary.attribution.events} events.`,
      fix: 'Paste the whole line as it stands in the log, or give a UID from attributions.jsonl.',
    })
  }
  if (values.json) {
    process.stdout.write(`${JSON.stringify(answer.line)}\n`)
    return exitCodes.ok
  }
  const lines = [...answer.text]
  if (answer.alike > 1) lines.push(`(${answer.alike} events fit this text equally well; the first is shown)`)
  process.stdout.write(`${lines.join('\n')}\n`)
  return exitCodes.ok
}

async function readStdin(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin) {
    text += String(chunk)
    if (text.length > 1 << 20) break
  }
  return text
}
