// Who is named for attempts of two calls at once, when one of them borrows the other's environment and proxy name.

import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { RecordedLine } from '../../src/index.ts'
import type { Place, SideName } from './side.ts'
import type { Worker } from './workers.ts'

export interface Tally {
  /** Attempts that the programs made: allowed ones, denied ones, and denied ones that ask no proxy. */
  readonly made: number
  readonly recorded: number
  readonly right: number
  readonly wrong: number
  /** Allowed ones that did not get their answer. */
  readonly failed: number
}

const firstOf = { honest: 10_000, forger: 20_000 } as const

/** `count` each of allowed, denied and proxy-unaware denied attempts, for both calls. */
export async function attribute(
  side: SideName,
  worker: Worker,
  place: Place,
  count: number,
  gateway: string,
): Promise<Tally> {
  const [honestPort = 0, forgerPort = 0] = place.ports
  const run = (call: 'honest' | 'forger', port: number, forged: string) =>
    worker.ask({
      do: 'exec',
      call,
      command: `python3 client.py attempts ${place.host} ${port} ${count} ${firstOf[call]} ${forged} ${gateway}`,
    })
  rmSync(join(place.workdir, 'env.json'), { force: true }) // Of the side before.
  const before = await worker.ask({ do: 'kept' })
  const ends = await Promise.all([run('honest', honestPort, 'none'), run('forger', forgerPort, 'honest')])
  let made = 0
  let failed = 0
  for (const { stdout, stderr } of ends) {
    const { allowed, denied, raw } = JSON.parse(stdout || `{"error":${JSON.stringify(stderr)}}`) as Record<
      string,
      number
    >
    if (denied !== count || raw !== count) throw new Error(`${side}: ${stdout}${stderr}`)
    failed += count - (allowed ?? 0)
    made += 3 * count
  }
  if (side === 'srt') {
    // Its store names a call and says no more: what the forger made counts as wrong where it stands under the other's name.
    const after = await worker.ask({ do: 'kept' })
    const of = (name: string) => (after[name] ?? 0) - (before[name] ?? 0)
    const recorded = Object.keys(after).reduce((sum, name) => sum + of(name), 0)
    const right = Math.min(of('honest'), count) + of('forger')
    return { made, recorded, right, wrong: recorded - right, failed }
  }
  return { made, failed, ...tallyOf(linesOf(place), honestPort, forgerPort, count) }
}

function tallyOf(
  lines: readonly RecordedLine[],
  honestPort: number,
  forgerPort: number,
  count: number,
): Omit<Tally, 'made' | 'failed'> {
  let recorded = 0
  let right = 0
  for (const line of lines) {
    if (line.class !== 'network_activity' || (line.activity !== 'open' && line.activity !== 'refuse'))
      continue
    const { port = 0 } = line.dstEndpoint
    const truth =
      port === honestPort || (port >= firstOf.honest && port < firstOf.honest + count)
        ? 'honest'
        : port === forgerPort || (port >= firstOf.forger && port < firstOf.forger + count)
          ? 'forger'
          : undefined
    const { toolCall, tier } = line.actor
    if (truth === undefined || (toolCall !== 'honest' && toolCall !== 'forger')) continue
    recorded++
    if (toolCall === truth && tier === 'identity') right++
  }
  return { recorded, right, wrong: recorded - right }
}

/** Of the sandbox that is open; it is the newest. */
function linesOf({ records }: Place): RecordedLine[] {
  const lines: RecordedLine[] = []
  for (const name of readdirSync(records).filter((one) => one.startsWith('ours-'))) {
    for (const line of readFileSync(join(records, name, 'journal.jsonl'), 'utf8')
      .trim()
      .split('\n'))
      lines.push(JSON.parse(line) as RecordedLine)
  }
  return lines
}
