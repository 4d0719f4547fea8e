import { parseArgs } from 'node:util'
import { exitCodes, OperatorError } from '../base/errors.ts'
import { revealedCommand } from '../commands/revealed.ts'
import { whyText } from '../exporters/why.ts'
import { findEvent, isEventUid, type Match, needlesOf } from '../pipeline/find-event.ts'
import { attributionLines, findingLines, readSummary, toolCallLines } from '../pipeline/read-case.ts'
import type { ToolCallLine } from '../schema/summary.ts'

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
  const match = isEventUid(pasted) ? findUid(folder, pasted) : findPasted(folder, pasted)
  if (!match) {
    throw new OperatorError('usage', {
      what: 'No event of this investigation matches what was pasted.',
      why: `It was compared by the time as the source wrote it, by addresses and port, with ${summary.attribution.events} events.`,
      fix: 'Paste the whole line as it stands in the log, or give a UID from attributions.jsonl.',
    })
  }
  if (values.json) {
    process.stdout.write(`${JSON.stringify(match.line)}\n`)
    return exitCodes.ok
  }
  const calls = new Map<string, ToolCallLine>()
  for (const { toolCall } of match.line.candidates) {
    for (const call of toolCallLines(folder, toolCall)) if (call.uid === toolCall) calls.set(toolCall, call)
  }
  const { event, toolCall } = match.line
  const needles = toolCall === null ? [event.uid] : [event.uid, toolCall]
  const findings = [...findingLines(folder, ...needles)].filter(
    ({ unmapped: { events, toolCalls } }) =>
      events.includes(event.uid) || (toolCall !== null && toolCalls.includes(toolCall)),
  )
  const lines = whyText(match.line, {
    summary,
    toolCall: (id) => calls.get(id),
    findings,
    groups: summary.tests,
    revealed: revealedCommand,
    ...(process.stdout.isTTY && { width: process.stdout.columns }),
  })
  if (match.alike > 1) lines.push(`(${match.alike} events fit this text equally well; the first is shown)`)
  process.stdout.write(`${lines.join('\n')}\n`)
  return exitCodes.ok
}

/**
 * The event of a case that a pasted line stands for. Lines of the case that share an address with it are looked at
 * first; a line may name only addresses that its event does not carry (answers of a resolver), so then all are.
 */
export function findPasted(folder: string, pasted: string): Match | undefined {
  const needles = needlesOf(pasted)
  const match = findEvent(attributionLines(folder, ...needles), pasted)
  return match ?? (needles.length > 0 ? findEvent(attributionLines(folder), pasted) : undefined)
}

function findUid(folder: string, uid: string) {
  for (const line of attributionLines(folder, uid)) if (line.event.uid === uid) return { line, alike: 1 }
  return undefined
}

async function readStdin(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin) {
    text += String(chunk)
    if (text.length > 1 << 20) break
  }
  return text
}
