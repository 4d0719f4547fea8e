import { parseArgs } from 'node:util'
import { exitCodes, OperatorError } from '../base/errors.ts'
import { replay } from '../pipeline/live/replay.ts'

const help = `vigiles replay DIR

Runs the detections over a recording again, and says whether they find what was found when it was made. The findings
are printed, one JSON line each. DIR is the folder of a recording, or its journal.jsonl.

Exit code 0 when they are the same, byte for byte, 1 when they differ (a newer version may know more).
`

/** `vigiles replay`: resolves to the exit code. */
export async function replayCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h', default: false } },
  })
  if (values.help) {
    process.stdout.write(help)
    return exitCodes.ok
  }
  const [path, extra] = positionals
  if (path === undefined || extra !== undefined) {
    throw new OperatorError('usage', {
      what: 'replay wants one DIR.',
      fix: 'For example: vigiles replay runs/1',
    })
  }
  const { lines, found, recorded } = await replay(path)
  for (const finding of found) process.stdout.write(`${finding}\n`)
  const same = found.join('\n') === recorded.join('\n')
  process.stderr.write(
    same
      ? `${lines} lines, ${found.length} findings: the same as when it was recorded\n`
      : `${lines} lines: ${found.length} findings now, ${recorded.length} when it was recorded; they differ\n`,
  )
  return same ? exitCodes.ok : exitCodes.failOn
}
